import type { Step } from '../api/types';

/** The page's colours as a canvas needs them. */
export interface Palette {
  ink: string;
  muted: string;
  line: string;
  raised: string;
  surface: string;
  spend: string;
  organic: string;
  ads: string;
  steps: Record<Step, string>;
}

/** Reads the colours in force; canvas cannot resolve light-dark() itself. */
export function readPalette(within: HTMLElement): Palette {
  const probe = document.createElement('span');
  within.append(probe);
  const color = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    ink: color('ink'),
    muted: color('muted'),
    line: color('line'),
    raised: color('raised'),
    surface: color('surface'),
    spend: color('spend'),
    organic: color('organic'),
    ads: color('ads'),
    steps: {
      impression: color('step-impression'),
      click: color('step-click'),
      cart_add: color('step-cart_add'),
      purchase: color('step-purchase'),
    },
  };
  probe.remove();
  return palette;
}
