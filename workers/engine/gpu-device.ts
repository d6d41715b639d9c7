/**
 * Opens our own GPUDevice (not the runtime's default), with the limits raised to what the adapter has:
 * the default 128 MiB binding would force tiny tiles, and only an own device tells us when it is lost.
 */

import type { AdapterReport } from '../../src/protocol/backend.ts';

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

/**
 * The runtime's fused attention takes subgroups where a device has them, and is wrong where these are
 * narrower (4 on SwiftShader: `npm run bench -- attention`); without the feature it is right everywhere.
 */
const leastSubgroup = 16;

function usefulFeatures(adapter: GPUAdapter): GPUFeatureName[] {
  const wanted: GPUFeatureName[] = ['shader-f16'];
  if (adapter.info.subgroupMinSize >= leastSubgroup) wanted.push('subgroups');
  return wanted.filter((feature) => adapter.features.has(feature));
}

export async function openGpu(allowSoftware: boolean): Promise<GpuSearch> {
  // In browsers without WebGPU the property is missing, whatever the types say.
  const gpu: GPU | undefined = 'gpu' in navigator ? navigator.gpu : undefined;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return { kind: 'none', adapter: null };
  const report = describe(adapter);
  if (report.fallback && !allowSoftware) return { kind: 'software', adapter: report };

  const requiredLimits: Record<string, number> = {};
  for (const name of raisedLimits) requiredLimits[name] = adapter.limits[name];
  const device = await adapter
    .requestDevice({
      requiredLimits,
      requiredFeatures: usefulFeatures(adapter),
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
