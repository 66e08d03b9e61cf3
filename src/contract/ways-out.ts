/**
 * What to pass instead, where a value of another form was passed: an ARN for an ID, or the other way round. With a leading semicolon, or nothing.
 *
 * @internal
 */
export function wayOut(prop: string, value: string): string {
  const arn = /^arn:[^:]*:[^:]*:[^:]*:([^:]*):(.*)$/.exec(value);
  switch (prop) {
    case 'membership':
      return wayToMembership(value, arn?.[2]);
    case 'resultReceiver':
    case 'computePayer':
      return wayToAccount(value, arn?.[1]);
    default:
      return prop in ARN_KINDS ? wayToArn(value, ARN_KINDS[prop], arn?.[2]) : '';
  }
}

/** The kind of resource whose ARN a prop takes, as the ARN names it. */
const ARN_KINDS: Readonly<Record<string, string>> = {
  analysisTemplate: 'analysistemplate',
  collaboration: 'collaboration',
  configuredTableAssociations: 'configuredtableassociation',
  intermediateTableArns: 'intermediatetable',
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function wayToMembership(value: string, resource?: string): string {
  if (resource !== undefined) {
    const id = /^membership\/([^/]+)/.exec(resource)?.[1];
    return id === undefined ? otherArn(resource) : '; of this ARN pass the ID after "membership/"';
  }
  return UUID.test(value) ? '; write it in lower case' : '';
}

function wayToAccount(value: string, account?: string): string {
  if (account !== undefined && account !== '') {
    return '; of this ARN pass the account ID, its fifth part';
  }
  return /^[\d -]+$/.test(value) && value.replace(/\D/g, '').length === 12 ? '; write the digits only' : '';
}

function wayToArn(value: string, wanted: string, resource?: string): string {
  if (resource !== undefined) {
    return otherArn(resource, wanted);
  }
  return UUID.test(value) ? '; this is an ID: pass the whole ARN, as the console and CloudFormation (attrArn) show it' : '';
}

/** What the ARN is of, by the last of the names in it. */
function otherArn(resource: string, wanted?: string): string {
  const kind = /(?:^|\/)([a-z]{1,40})\/[^/]*$/.exec(resource)?.[1];
  return kind === undefined || kind === wanted ? '' : `; this is the ARN of a resource of kind "${kind}"`;
}

/**
 * So many seconds, in the unit that says it shortest too.
 *
 * @internal
 */
export function textOfSpan(seconds: number): string {
  const unit = UNITS.find(({ length }) => seconds > 0 && seconds % length === 0);
  return unit === undefined ? counted(seconds, 'second') : `${counted(seconds / unit.length, unit.name)} (${counted(seconds, 'second')})`;
}

const UNITS = [
  { name: 'day', length: 86_400 },
  { name: 'hour', length: 3_600 },
  { name: 'minute', length: 60 },
];

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
