import * as path from 'node:path';
import { Language, type Node, Parser } from '@vscode/tree-sitter-wasm';

export type LanguageName = 'python' | 'java' | 'dotnet' | 'go';

const GRAMMARS: Readonly<Record<LanguageName, string>> = { python: 'python', java: 'java', dotnet: 'c-sharp', go: 'go' };

/** A parser for each of the generated languages. */
export class Parsers {
  static async load(): Promise<Parsers> {
    await Parser.init();
    const folder = path.dirname(require.resolve('@vscode/tree-sitter-wasm'));
    const parsers = new Map<string, Parser>();
    for (const [language, grammar] of Object.entries(GRAMMARS)) {
      const parser = new Parser();
      parser.setLanguage(await Language.load(path.join(folder, `tree-sitter-${grammar}.wasm`)));
      parsers.set(language, parser);
    }
    return new Parsers(parsers);
  }

  private constructor(private readonly parsers: ReadonlyMap<string, Parser>) {}

  parse(language: LanguageName, text: string): Node {
    const tree = this.parsers.get(language)?.parse(text);
    if (!tree) {
      throw new Error(`there is no parser for ${language}`);
    }
    return tree.rootNode;
  }
}
