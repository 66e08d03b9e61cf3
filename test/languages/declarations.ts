import { type Node } from '@vscode/tree-sitter-wasm';
import { type Declaration } from './assembly';
import { type LanguageName } from './parsers';

/** Where the public declarations of a generated language are. */
export interface Generated {
  readonly language: LanguageName;
  readonly extension: string;
  /** How members and parameters are spelled. */
  readonly spelling: RegExp;
  readonly declarationsOf: (root: Node) => Declaration[];
  /** Whether the language needs a declaration that the assembly has not. */
  readonly isOfTheLanguage: (declaration: Declaration) => boolean;
}

export const GENERATORS: readonly Generated[] = [
  {
    language: 'python',
    extension: '.py',
    spelling: /^(_*[a-z][a-z0-9_]*|[A-Z][A-Z0-9_]*)$/,
    declarationsOf: (root) => childrenOf(root).flatMap((child) => ofPythonClass(undecorated(child))),
    isOfTheLanguage: ({ member }) => member === 'constructor' || /^__\w+__$/.test(member),
  },
  {
    language: 'java',
    extension: '.java',
    spelling: /^[A-Za-z]\w*$/,
    declarationsOf: (root) => childrenOf(root).flatMap(ofJavaType),
    isOfTheLanguage: ({ type, member }) => member === 'builder' || type === '$Module',
  },
  {
    language: 'dotnet',
    extension: '.cs',
    spelling: /^[A-Z]\w*$/,
    declarationsOf: (root) => descendantsOf(root, ['class_declaration', 'interface_declaration', 'enum_declaration']).flatMap(ofCSharpType),
    isOfTheLanguage: () => false,
  },
  {
    language: 'go',
    extension: '.go',
    spelling: /^([A-Z]\w*|constructor|)$/,
    declarationsOf: (root) => childrenOf(root).flatMap(ofGoDeclaration),
    // What the interface of a construct repeats, what makes an instance, and what loads the library.
    isOfTheLanguage: ({ type, member }) =>
      ['Node', 'ToString', 'With', 'IsConstruct', 'constructor', 'Override'].includes(member) || type === 'Initialize',
  },
];

function ofPythonClass(node: Node): Declaration[] {
  const type = nameOf(node);
  if (node.type !== 'class_definition' || type.startsWith('_')) {
    return [];
  }
  return bodyOf(node).flatMap((child) => {
    const definition = undecorated(child);
    if (definition.type === 'function_definition') {
      const member = nameOf(definition);
      return [{ type, member: member === '__init__' ? 'constructor' : member, parameters: pythonParameters(definition) }];
    }
    const value = definition.type === 'expression_statement' ? childrenOf(definition)[0]?.childForFieldName('left') : undefined;
    return value ? [{ type, member: value.text }] : [];
  });
}

/** Without `self` and `cls`, and without the star before the keywords. */
function pythonParameters(definition: Node): string[] {
  const parameters = childrenOf(definition.childForFieldName('parameters'));
  const names = parameters.filter(({ type }) => type !== 'keyword_separator').map((parameter) => parameter.text.split(/[:=]/)[0].trim());
  return names.filter((name) => name !== 'self' && name !== 'cls');
}

function ofJavaType(node: Node): Declaration[] {
  if (!['class_declaration', 'interface_declaration', 'enum_declaration'].includes(node.type)) {
    return [];
  }
  const type = nameOf(node);
  const isInterface = node.type === 'interface_declaration';
  return bodyOf(node).flatMap((child) => {
    const isPublic = isInterface || /\bpublic\b/.test(textOf(child, 'modifiers'));
    if (child.type === 'enum_constant' || (child.type === 'method_declaration' && isPublic)) {
      return [{ type, member: nameOf(child).replace(/^get(?=[A-Z])/, '') }];
    }
    return child.type === 'field_declaration' && isPublic ? descendantsOf(child, ['variable_declarator']).map((field) => ({ type, member: nameOf(field) })) : [];
  });
}

/** An interface of a struct has an `I` that the type has not; a `_Proxy` in it is private. */
function ofCSharpType(node: Node): Declaration[] {
  const isPublic = (declaration: Node): boolean => childrenOf(declaration).some(({ type, text }) => type === 'modifier' && text === 'public');
  if (!isPublic(node)) {
    return [];
  }
  const isInterface = node.type === 'interface_declaration';
  const type = isInterface ? nameOf(node).replace(/^I/, '') : nameOf(node);
  return bodyOf(node)
    .filter((child) => child.type === 'enum_member_declaration' || (isMemberOfCSharp(child) && (isInterface || isPublic(child))))
    .map((child) => ({ type, member: nameOf(child) }));
}

function isMemberOfCSharp({ type }: Node): boolean {
  return type === 'method_declaration' || type === 'property_declaration';
}

/**
 * Classes are interfaces with functions named after them, and structs are structs. What begins with a small letter is
 * private.
 */
function ofGoDeclaration(node: Node): Declaration[] {
  const functions = [node].filter(({ type }) => type === 'function_declaration').concat(descendantsOf(node, ['const_spec'])).flatMap(ofGoName);
  const members = descendantsOf(node, ['type_spec']).flatMap((specification) =>
    descendantsOf(specification, ['method_elem', 'field_declaration']).map((member) => ({ type: nameOf(specification), member: nameOf(member) })),
  );
  return [...functions, ...members].filter(({ type }) => /^[A-Z]/.test(type));
}

/** `NewType`, `NewType_Override`, `Type_Member`. */
function ofGoName(node: Node): Declaration[] {
  const name = nameOf(node);
  const [, made, override] = /^New([A-Z][A-Za-z]*)(_Override)?$/.exec(name) ?? [];
  const [type, ...member] = name.split('_');
  return [made ? { type: made, member: override ? 'Override' : 'constructor' } : { type, member: member.join('_') }];
}

function undecorated(node: Node): Node {
  return node.childForFieldName('definition') ?? node;
}

function nameOf(node: Node): string {
  return node.childForFieldName('name')?.text ?? '';
}

function textOf(node: Node, type: string): string {
  return childrenOf(node).find((child) => child.type === type)?.text ?? '';
}

function bodyOf(node: Node): Node[] {
  return childrenOf(node.childForFieldName('body'));
}

function childrenOf(node: Node | null): Node[] {
  return node?.namedChildren.filter((child) => child !== null) ?? [];
}

function descendantsOf(node: Node, types: string[]): Node[] {
  return node.descendantsOfType(types).filter((child) => child !== null);
}
