/** A certificate authority for this run only, which makes a certificate for every name that a client asks for. */
import { createSecureContext, type SecureContext } from 'node:tls';
import { generate } from 'selfsigned';

interface KeyAndCertificate {
  readonly private: string;
  readonly cert: string;
}

export class CertificateAuthority {
  static async create(): Promise<CertificateAuthority> {
    return new CertificateAuthority(
      await generate([{ name: 'commonName', value: 'Embedded AWS' }], {
        // Elliptic curve keys are made in milliseconds.
        keyType: 'ec',
        algorithm: 'sha256',
        notBeforeDate: dayAgo(),
        extensions: [
          { name: 'basicConstraints', cA: true, critical: true },
          { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
        ],
      }),
    );
  }

  private readonly contexts = new Map<string, Promise<SecureContext>>();

  private constructor(private readonly root: KeyAndCertificate) {}

  /** In PEM, for `NODE_EXTRA_CA_CERTS`. */
  get certificate(): string {
    return this.root.cert;
  }

  /**
   * A wildcard stands for one label only, and real host names of AWS have two to five labels before the domain. So each
   * name has a certificate of its own.
   */
  contextFor(hostName: string): Promise<SecureContext> {
    const context = this.contexts.get(hostName) ?? this.issue(hostName);
    this.contexts.set(hostName, context);
    return context;
  }

  private async issue(hostName: string): Promise<SecureContext> {
    const leaf = await generate([{ name: 'commonName', value: 'Embedded AWS server' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: dayAgo(),
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: hostName }] }],
      ca: { key: this.root.private, cert: this.root.cert },
    });
    return createSecureContext({ key: leaf.private, cert: leaf.cert });
  }
}

/** The certificate begins a little earlier, so that it is already valid for a child process whose clock is slow. */
function dayAgo(): Date {
  return new Date(Date.now() - 86_400_000);
}
