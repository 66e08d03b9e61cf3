import { type ProtectedJobProps } from './protected-job-props';
import { type Worker } from './worker';
import { copyOf } from '../synth/copy';

/**
 * The props as they are now. What is checked is what is deployed, even if the user changes an object after it was passed. Each prop
 * is named, because an object of a class may have it from its prototype, which a spread leaves out.
 *
 * @internal
 */
export function copyOfProps(props: ProtectedJobProps): ProtectedJobProps {
  const copy: { readonly [Prop in keyof Required<ProtectedJobProps>]: ProtectedJobProps[Prop] } = {
    membership: props.membership,
    analysisTemplate: props.analysisTemplate,
    collaboration: props.collaboration,
    configuredTableAssociations: copyOf(props.configuredTableAssociations),
    intermediateTableArns: copyOf(props.intermediateTableArns),
    type: props.type,
    parameters: copyOf(props.parameters),
    worker: props.worker && copyOfWorker(props.worker),
    resultReceiver: props.resultReceiver,
    computePayer: props.computePayer,
    triggers: copyOf(props.triggers),
    timeout: props.timeout,
    pollInterval: props.pollInterval,
    failDeployment: props.failDeployment,
    waitForCompletion: props.waitForCompletion,
    sequential: props.sequential,
    stackOutputs: props.stackOutputs,
    runner: props.runner,
  };
  return copy;
}

function copyOfWorker({ type, number, sparkProperties }: Worker): Worker {
  const copy: { readonly [Prop in keyof Required<Worker>]: Worker[Prop] } = { type, number, sparkProperties: copyOf(sparkProperties) };
  return copy;
}
