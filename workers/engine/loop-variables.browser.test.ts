import { expect, test } from 'vitest';
import { resetsLoopVariables } from './loop-variables.ts';

async function adapter(): Promise<GPUAdapter> {
  const found = await navigator.gpu.requestAdapter();
  if (!found) throw new Error('No adapter');
  return found;
}

test('a variable that is given its value each time round passes on any driver', async () => {
  expect(await resetsLoopVariables(await adapter(), 'var a = vec4<f32>(0.0);')).toBe(true);
});

test('one that keeps its value does not pass', async () => {
  expect(await resetsLoopVariables(await adapter(), 'var a = vec4<f32>(f32(k));')).toBe(false);
});

test('a driver that cannot be asked does not pass', async () => {
  const spent = await adapter();
  (await spent.requestDevice()).destroy();
  expect(await resetsLoopVariables(spent)).toBe(false);
});
