/**
 * STS: the identity of the caller, and assuming a role whose trust policy allows the account. Not here: federation,
 * session policies and tags, conditions of trust policies.
 */
import { type IamService } from './iam/iam';
import { asList, isObject } from './json';
import { parseQueryRequest, queryAnswer } from './protocols';
import { AwsError, type AwsRequest, type AwsResponse, type Caller, type Service } from './service';

export interface StsOptions {
  readonly accountId: string;
  readonly partition: string;
  readonly iam: IamService;
}

export class StsService implements Service {
  readonly signingName = 'sts';

  constructor(private readonly options: StsOptions) {}

  async handle(request: AwsRequest): Promise<AwsResponse> {
    const { operation, parameters } = parseQueryRequest(request);
    if (operation === 'GetCallerIdentity') {
      return queryAnswer('sts', operation, this.getCallerIdentity(request.caller));
    }
    if (operation === 'AssumeRole') {
      return queryAnswer('sts', operation, this.assumeRole(request.caller, String(parameters.RoleArn), String(parameters.RoleSessionName)));
    }
    throw new AwsError('InvalidAction', `The embedded STS has no ${operation}.`);
  }

  private getCallerIdentity(caller: Caller): Record<string, string> {
    const { accountId, partition } = this.options;
    if (!caller.roleArn) {
      return { Arn: `arn:${partition}:iam::${accountId}:user/administrator`, UserId: 'AIDAEXAMPLEADMINISTRATOR', Account: accountId };
    }
    const role = this.options.iam.findRole(caller.roleArn);
    const session = caller.sessionName ?? 'session';
    return { Arn: this.sessionArn(caller.roleArn, session), UserId: `${role?.roleId ?? 'AROAEXAMPLE'}:${session}`, Account: accountId };
  }

  private assumeRole(caller: Caller, roleArn: string, sessionName: string): Record<string, unknown> {
    const role = this.options.iam.findRole(roleArn);
    // AWS does not say whether the role is missing or does not trust the caller.
    if (!role || !trustsAccount(role.trust, this.options.accountId)) {
      throw this.denied(caller, roleArn);
    }
    if (caller.roleArn) {
      this.options.iam.authorize(caller, 'sts:AssumeRole', roleArn);
    }
    const { accessKeyId, secretAccessKey, sessionToken } = this.options.iam.issueCredentials(roleArn, sessionName);
    return {
      Credentials: {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        SessionToken: sessionToken,
        Expiration: new Date(Date.now() + 3_600_000), // only the CLI assumes roles, and it lives in real time
      },
      AssumedRoleUser: { Arn: this.sessionArn(roleArn, sessionName), AssumedRoleId: `${role.roleId}:${sessionName}` },
    };
  }

  private denied(caller: Caller, roleArn: string): AwsError {
    return new AwsError(
      'AccessDenied',
      `User: ${this.getCallerIdentity(caller).Arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  }

  private sessionArn(roleArn: string, sessionName: string): string {
    return `arn:${this.options.partition}:sts::${this.options.accountId}:assumed-role/${roleArn.split('/').at(-1)}/${sessionName}`;
  }
}

/** A principal that is the account, or anybody in it. Conditions of the trust policy are not checked. */
function trustsAccount(trust: unknown, accountId: string): boolean {
  if (!isObject(trust)) {
    return false;
  }
  return asList(trust.Statement).some((statement) => {
    if (!isObject(statement) || statement.Effect !== 'Allow' || !asList(statement.Action).includes('sts:AssumeRole')) {
      return false;
    }
    const principals = isObject(statement.Principal) ? asList(statement.Principal.AWS) : asList(statement.Principal);
    return principals.some((principal) => principal === '*' || String(principal).includes(accountId));
  });
}
