/**
 * Opens our own GPUDevice (not the runtime's default), with the limits raised to what the adapter has:
 * the default 128 MiB binding would force tiny tiles, and only an own device tells us when it is lost.
 */

import type { AdapterReport } from '../../src/protocol/backend.ts';
import { resetsLoopVariables } from './loop-variables.ts';

export interface Gpu {
  readonly device: GPUDevice;
  readonly adapter: AdapterReport;
  /** Settles with the reason once the device is lost; never rejects. */
  readonly lost: Promise<string>;
  /** The largest tensor that can be bound, in bytes. */
  readonly bindingLimit: number;
}

export type GpuSearch =
  | { readonly kind: 'found'; readonly gpu: Gpu }
  | { readonly kind: 'none'; readonly adapter: null }
  | { readonly kind: 'software'; readonly adapter: AdapterReport };

const raisedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;

/** The runtime's fused attention with subgroups is made for ones as wide as this (`npm run bench -- attention`). */
const leastSubgroup = 16;

/**
 * Subgroups only where the runtime's fused attention is right with them: without the feature it takes another way, which is right everywhere.
 * `another` is an adapter of the same GPU, for trying that out.
 */
async function usefulFeatures(
  adapter: GPUAdapter,
  another: () => Promise<GPUAdapter | null | undefined>,
): Promise<GPUFeatureName[]> {
  const wanted: GPUFeatureName[] = ['shader-f16'];
  if (adapter.features.has('subgroups') && adapter.info.subgroupMinSize >= leastSubgroup) {
    const trial = await another();
    if (trial && (await resetsLoopVariables(trial))) wanted.push('subgroups');
  }
  return wanted.filter((feature) => adapter.features.has(feature));
}

export async function openGpu(allowSoftware: boolean): Promise<GpuSearch> {
  // In browsers without WebGPU the property is missing, whatever the types say.
  const gpu: GPU | undefined = 'gpu' in navigator ? navigator.gpu : undefined;
  const ask = async (): Promise<GPUAdapter | null | undefined> =>
    gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  const adapter = await ask();
  if (!adapter) return { kind: 'none', adapter: null };
  const report = describe(adapter);
  if (report.fallback && !allowSoftware) return { kind: 'software', adapter: report };

  const requiredLimits: Record<string, number> = {};
  for (const name of raisedLimits) requiredLimits[name] = adapter.limits[name];
  const device = await adapter
    .requestDevice({
      requiredLimits,
      requiredFeatures: await usefulFeatures(adapter, ask),
    })
    .catch(() => null);
  if (!device) return { kind: 'none', adapter: null };

  const lost = device.lost.then((info) => info.message || info.reason);
  const bindingLimit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
  return { kind: 'found', gpu: { device, adapter: report, lost, bindingLimit } };
}

function describe(adapter: GPUAdapter): AdapterReport {
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  // SwiftShader and llvmpipe do not always call themselves fallback adapters.
  const software = /swiftshader|llvmpipe|software|basic render/i.test(`${architecture} ${description}`);
  return {
    vendor,
    architecture,
    description,
    fallback: isFallbackAdapter || software,
    shaderF16: adapter.features.has('shader-f16'),
  };
}
