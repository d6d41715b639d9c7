/**
 * Whether a GPU's driver sets a variable that is declared in a loop without a value back to zero each time round, as WGSL has it. Chromium's
 * compiler to SPIR-V does not (Dawn, 2026), and the runtime's fused attention relies on it: there it is wrong by 1.5 to 15 %.
 */

const rounds = 4;

/** https://www.w3.org/TR/webgpu/#buffer-usage and #dom-gpumapmode-read: the DOM's types have no values. */
const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80 } as const;
const readMode = 0x1;

/** `declaration` declares `a`; a sum of one round's additions alone leaves 1/8 each time. */
function shader(declaration: string): string {
  return `
    @group(0) @binding(0) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(1) fn main() {
      for (var k = 0u; k < ${rounds}u; k++) {
        ${declaration}
        a[0] += 1.0;
        a = a / 8.0;
        out[k] = a[0];
      }
    }`;
}

/** Takes the adapter's one device for itself. False too where nothing can be found out. */
export async function resetsLoopVariables(
  adapter: GPUAdapter,
  declaration = 'var a: vec4<f32>;',
): Promise<boolean> {
  const device = await adapter.requestDevice().catch(() => null);
  if (!device) return false;
  try {
    const values = await run(device, shader(declaration));
    return values.every((value) => value === 1 / 8);
  } catch {
    return false;
  } finally {
    device.destroy();
  }
}

async function run(device: GPUDevice, code: string): Promise<Float32Array> {
  const size = rounds * 4;
  const made = device.createBuffer({ size, usage: usage.storage | usage.copySource });
  const read = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }), entryPoint: 'main' },
  });
  const entries = [{ binding: 0, resource: { buffer: made } }];
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const commands = device.createCommandEncoder();
  const pass = commands.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(1);
  pass.end();
  commands.copyBufferToBuffer(made, 0, read, 0, size);
  device.queue.submit([commands.finish()]);
  await read.mapAsync(readMode);
  return new Float32Array(read.getMappedRange().slice(0));
}
