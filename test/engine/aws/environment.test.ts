import { environmentVariable } from '../../../src/engine/aws/environment';

test('a handler that was deployed without a variable of its environment says which', () => {
  expect(() => environmentVariable('NO_SUCH_VARIABLE')).toThrow('the environment variable NO_SUCH_VARIABLE is not set');
});
