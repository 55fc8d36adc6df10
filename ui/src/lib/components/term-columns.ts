import { columnVisibilityFeature, createColumnHelper, rowSortingFeature, tableFeatures, type SortingState } from '@tanstack/table-core';
import { storeReactivityBindings } from '@tanstack/table-core/store-reactivity-bindings';
import type { TermRow } from '../api/types';
import { money } from '../format/money';
import { count } from '../format/number';
import { behindShare, indexToMarket, shareOfMarket } from '../format/share';
import { t } from '../i18n';
import { countsOf, indexBasis, indexOf, type IndexName } from '../metrics/funnel';

export const features = tableFeatures({ coreReactivityFeature: storeReactivityBindings(), rowSortingFeature, columnVisibilityFeature });

/** How a cell is written: its text, and what a reader sees on hovering. */
export interface Written {
  text: string;
  title?: string;
  strong?: boolean;
}

type Share = 'impression' | 'click' | 'cart_add' | 'purchase';

const helper = createColumnHelper<typeof features, TermRow>();
const head = t.terms.head;

/** Groups that a reader may hide; the term itself always stays. */
export const groups = ['market', 'share', 'index', 'ads', 'organic'] as const;
export type Group = (typeof groups)[number];

/** Column widths in rem, by column id. */
export const widths: Record<string, number> = { impression_share: 6.25, purchase_share: 5.75, n_purchases: 6, organic_purchases: 6, ad_orders_7d: 5.75, ctr: 4.25, cvr: 4.25 };
export const usualWidth = 5.25;

function share(step: Share) {
  const id = `${step}_share` as const;
  return helper.accessor((row) => row[id], { id, header: head[id] ?? id });
}

const counted = (id: 'volume' | 'n_clicks' | 'n_purchases' | 'ad_clicks' | 'ad_orders_7d' | 'organic_clicks' | 'organic_purchases' | 'ad_cost_micros' | 'ad_sales_7d_micros') =>
  helper.accessor((row) => row[id], { id, header: head[id] ?? id });

const indexed = (id: IndexName) => helper.accessor((row) => indexOf(row, id), { id, header: head[id] ?? id, enableSorting: false });

export const columns = helper.columns([
  helper.group({ id: 'term-group', header: t.terms.groups.term, columns: helper.columns([helper.accessor('term', { header: head['term'] ?? '' })]) }),
  helper.group({ id: 'market', header: t.terms.groups.market, columns: helper.columns([counted('volume'), counted('n_clicks'), counted('n_purchases')]) }),
  helper.group({ id: 'share', header: t.terms.groups.share, columns: helper.columns([share('impression'), share('click'), share('cart_add'), share('purchase')]) }),
  helper.group({ id: 'index', header: t.terms.groups.index, columns: helper.columns([indexed('ctr'), indexed('cvr')]) }),
  helper.group({ id: 'ads', header: t.terms.groups.ads, columns: helper.columns([counted('ad_cost_micros'), counted('ad_clicks'), counted('ad_orders_7d'), counted('ad_sales_7d_micros')]) }),
  helper.group({ id: 'organic', header: t.terms.groups.organic, columns: helper.columns([counted('organic_clicks'), counted('organic_purchases')]) }),
]);

/** Which columns are shown when these groups are hidden. */
export function visibility(hidden: readonly string[]): Record<string, boolean> {
  const shown: Record<string, boolean> = {};
  for (const group of columns) {
    if (!('columns' in group) || !group.columns || !hidden.includes(group.id ?? '')) continue;
    for (const column of group.columns) if (column.id) shown[column.id] = false;
  }
  return shown;
}

/** The API's sort word, `-volume`, as the table's sorting state. */
export function sortingOf(word: string): SortingState {
  return [{ id: word.replace(/^-/, ''), desc: word.startsWith('-') }];
}

/** The sort word after a click on a column: figures begin with the largest, terms with A. */
export function nextSort(word: string, column: string): string {
  const [now] = sortingOf(word);
  const desc = now?.id === column ? !now.desc : column !== 'term';
  return desc ? `-${column}` : column;
}

/** Writes one cell of a row. */
export function write(row: TermRow, column: string, currency: string): Written {
  switch (column) {
    case 'impression_share':
    case 'click_share':
    case 'cart_add_share':
    case 'purchase_share': {
      const step = column.replace('_share', '') as Share;
      const { own, market } = countsOf(row, step);
      return { text: shareOfMarket(row[column], market), title: behindShare(own, market), strong: true };
    }
    case 'ctr':
    case 'cvr':
      return { text: indexToMarket(indexOf(row, column), indexBasis(row, column)), title: t.indexMeaning[column] };
    case 'ad_cost_micros':
    case 'ad_sales_7d_micros':
      return { text: money(row[column], currency) };
    case 'organic_clicks':
    case 'organic_purchases':
      return { text: count(row[column]), title: t.splits[row.split] };
    case 'volume':
    case 'n_clicks':
    case 'n_purchases':
    case 'ad_clicks':
    case 'ad_orders_7d':
      return { text: count(row[column]) };
    default:
      return { text: '' };
  }
}
