/** How Chromium is started by tests, benchmarks and the headless command. */

/** Without a desktop, without a sandbox where we are root (containers), without talking to anyone. */
export const headlessFlags = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A WebGPU adapter computed by the CPU: real WebGPU where there is no GPU. */
export const softwareGpuFlags = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--enable-gpu',
  '--ignore-gpu-blocklist',
  '--use-vulkan=swiftshader',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

/** The machine's own GPU, which headless Chromium on Linux does not use by itself. */
export const realGpuFlags = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];
