import type { Finding } from '../api/types';

/** Only a finding that passed a test has a p; all others are observations. */
export function isConfirmed(finding: Pick<Finding, 'p'>): boolean {
  return finding.p !== null;
}

export type Direction = 'up' | 'down' | null;

/** Which way a confirmed finding points; null for observations, which get neither arrow nor colour. */
export function directionOf(finding: Pick<Finding, 'p' | 'share_before' | 'share_now'>): Direction {
  if (!isConfirmed(finding) || finding.share_before === null || finding.share_now === null) return null;
  if (finding.share_now === finding.share_before) return null;
  return finding.share_now > finding.share_before ? 'up' : 'down';
}

const order = ['share_drop', 'vanished', 'share_gain', 'account_shift', 'drift', 'waste', 'brand_defence', 'harvest', 'scale', 'fix_listing', 'opportunity', 'own_overlap'];

/** Findings in reading order, grouped by kind; the order within a kind is the server's. */
export function byKind(findings: readonly Finding[]): { kind: string; findings: Finding[] }[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.kind);
    if (group) group.push(finding);
    else groups.set(finding.kind, [finding]);
  }
  const rank = (kind: string) => (order.includes(kind) ? order.indexOf(kind) : order.length);
  return [...groups].map(([kind, of]) => ({ kind, findings: of })).sort((a, b) => rank(a.kind) - rank(b.kind));
}
