// The files of --plot: found to be writable before the first request, drawn after the last. What draws them is loaded
// then.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CapacityChart } from '../view/plot/capacity-chart.ts';
import { EXIT, Exit, usage } from './exit-codes.ts';

/** Made empty where there is none. Throws Exit. */
export function assertPlots(paths: readonly string[]): void {
  for (const path of paths) {
    if (!/\.(?:svg|png)$/i.test(path)) {
      throw usage(`--plot takes a file that ends in .svg or .png, not ${JSON.stringify(path)}`);
    }
    attempt(path, () => closeSync(openSync(path, 'a')));
  }
}

export async function writePlots(paths: readonly string[], chart: CapacityChart): Promise<void> {
  if (paths.length === 0) return;
  const { svgChart } = await import('../view/plot/svg-chart.ts');
  const svg = svgChart(chart);
  for (const path of paths) {
    const content = /\.png$/i.test(path) ? await pngOf(svg) : svg;
    attempt(path, () => writeFileSync(path, content));
  }
}

const FONTS = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf'];

async function pngOf(svg: string): Promise<Buffer> {
  const picture = await import('../view/plot/png-chart.ts');
  // Beside the package's folder of code, whichever that is.
  const files = FONTS.map((name) => fileURLToPath(new URL(`../../assets/inter/${name}`, import.meta.url)));
  return picture.pngOf(svg, files);
}

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new Exit(EXIT.disk, `cannot write the plot to ${path}: ${(error as Error).message}`);
  }
}
