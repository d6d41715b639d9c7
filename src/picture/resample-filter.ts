/** The classic upscalers. `bicubic` is Catmull-Rom (a = -0.5), `lanczos3` has a radius of 3. */
export const classicFilters = ['nearest', 'bilinear', 'bicubic', 'lanczos3'] as const;

export type ClassicFilter = (typeof classicFilters)[number];
