import { command, request } from './client';
import { flag, list, nullable, number, record, text, word, type Decoder, type Decoded } from './decode';

const id = encodeURIComponent;

/** An instant as the server writes it, as RFC 3339. */
const moment: Decoder<string> = (value, path) => text(value, path).replace(' ', 'T');

export const device = record({ id: text, device: text, started: moment, seen: moment, factors: list(text), current: flag });
export type Device = Decoded<typeof device>;

export async function devices(signal?: AbortSignal): Promise<Device[]> {
  return (await request('/me/sessions', record({ items: list(device) }), { signal })).items;
}

export function endDevice(session: string): Promise<void> {
  return command(`/me/sessions/${id(session)}`, { method: 'DELETE' });
}

export function endOtherDevices(): Promise<void> {
  return command('/me/sessions', { method: 'DELETE' });
}

export function rename(name: string): Promise<void> {
  return command('/me/name', { method: 'PUT', body: { name } });
}

/** Keeps how the person wants the pages: system, light or dark. */
export function chooseTheme(theme: string): Promise<void> {
  return command('/me/theme', { method: 'PUT', body: { theme } });
}

export function changePassword(password: string): Promise<void> {
  return command('/me/password', { method: 'POST', body: { password } });
}

/** Mails a link to the new address; the address changes when it is opened. */
export function changeEmail(email: string): Promise<void> {
  return command('/me/email', { method: 'POST', body: { email } });
}

export function confirmEmail(token: string): Promise<void> {
  return command('/email', { method: 'POST', body: { token } });
}

export function forgotPassword(email: string): Promise<void> {
  return command('/password/forgot', { method: 'POST', body: { email } });
}

/** Shows the server anew who is logged in. */
export function prove(password: string, otp: string): Promise<void> {
  return command('/session/fresh', { method: 'POST', body: { password, ...(otp ? { otp } : {}) } });
}

export const factor = record({ secret: text, uri: text, qr: text });
export type Factor = Decoded<typeof factor>;

export function beginFactor(): Promise<Factor> {
  return request('/me/totp', factor, { method: 'POST' });
}

const codes = record({ recoveryCodes: list(text) });

export async function confirmFactor(code: string): Promise<string[]> {
  return (await request('/me/totp', codes, { method: 'PUT', body: { code } })).recoveryCodes;
}

export function removeFactor(): Promise<void> {
  return command('/me/totp', { method: 'DELETE' });
}

export async function renewCodes(): Promise<string[]> {
  return (await request('/me/recovery-codes', codes, { method: 'POST' })).recoveryCodes;
}

/** What the provider is called at which people may log in too; null: there is none. */
export async function providerName(signal?: AbortSignal): Promise<string | null> {
  return (await request('/session/provider/name', record({ name: nullable(text) }), { signal })).name;
}

/** Where logging in at the provider begins. */
export const atProvider = '/api/halotrack/session/provider';

const identity = record({ name: text, linked: flag });
export type ProviderIdentity = Decoded<typeof identity>;

export function providerIdentity(signal?: AbortSignal): Promise<ProviderIdentity> {
  return request('/me/provider', identity, { signal });
}

/** Returns the address at the provider where the person shows who they are. */
export async function linkProvider(): Promise<string> {
  return (await request('/me/provider', record({ url: text }), { method: 'POST' })).url;
}

export function unlinkProvider(): Promise<void> {
  return command('/me/provider', { method: 'DELETE' });
}

/** Gives the code of the second factor to a session that began without. */
export function giveCode(otp: string): Promise<void> {
  return command('/session/otp', { method: 'POST', body: { otp } });
}

const role = word(['owner', 'analyst', 'viewer'], 'viewer');
export type Role = Decoded<typeof role>;

export const member = record({ id: text, name: text, email: text, role, since: moment, secondFactor: nullable(flag), keys: nullable(number), deactivated: flag });
export type Member = Decoded<typeof member>;

export const invited = record({ id: text, email: text, role, created: moment, expires: moment });
export type Invited = Decoded<typeof invited>;

export const team = record({ items: list(member), invitations: list(invited), agency: nullable(text) });
export type Team = Decoded<typeof team>;

const at = (account: string, rest = '') => `/accounts/${id(account)}${rest}`;

export function members(account: string, signal?: AbortSignal): Promise<Team> {
  return request(at(account, '/members'), team, { signal });
}

export function invite(account: string, email: string, as: Role): Promise<Invited> {
  return request(at(account, '/members'), invited, { method: 'POST', body: { email, role: as } });
}

export function revokeInvitation(account: string, invitation: string): Promise<void> {
  return command(at(account, `/invitations/${id(invitation)}`), { method: 'DELETE' });
}

export function changeRole(account: string, user: string, to: Role): Promise<void> {
  return command(at(account, `/members/${id(user)}`), { method: 'PATCH', body: { role: to } });
}

/** Ends a membership: another's, or one's own. */
export function removeMember(account: string, user: string): Promise<void> {
  return command(at(account, `/members/${id(user)}`), { method: 'DELETE' });
}

export function makeOwner(account: string, user: string): Promise<void> {
  return command(at(account, `/members/${id(user)}/owner`), { method: 'POST' });
}

export function changeAccount(account: string, change: { name?: string; brandName?: string; brandColour?: string }): Promise<void> {
  return command(at(account), { method: 'PATCH', body: change });
}

export function setLogo(account: string, file: Blob): Promise<void> {
  return command(at(account, '/logo'), { method: 'PUT', file });
}

export function removeLogo(account: string): Promise<void> {
  return command(at(account, '/logo'), { method: 'DELETE' });
}

/** The address of the logo that an account's pages carry. */
export const logoOf = (account: string) => `/api/halotrack${at(account, '/logo')}`;

export function addClient(agency: string, name: string): Promise<{ id: string }> {
  return request(at(agency, '/clients'), record({ id: text }), { method: 'POST', body: { name } });
}

export const invitation = record({
  email: text,
  role,
  kind: text,
  account: nullable(text),
  inviter: nullable(text),
  known: flag,
  signedIn: flag,
});
export type Invitation = Decoded<typeof invitation>;

export function look(token: string, signal?: AbortSignal): Promise<Invitation> {
  return request('/invitations/look', invitation, { method: 'POST', body: { token }, signal });
}

export interface Joining {
  token: string;
  name?: string;
  businessName?: string;
  kind?: string;
  password?: string;
}

/** Returns the id of the account that the invitation led to. */
export async function accept(joining: Joining): Promise<string> {
  return (await request('/invitations/accept', record({ account: text }), { method: 'POST', body: joining })).account;
}

/** Returns the address at the provider where an invited person shows that theirs is the address that was invited. */
export async function joinAtProvider(joining: Joining): Promise<string> {
  return (await request('/invitations/provider', record({ url: text }), { method: 'POST', body: joining })).url;
}

export const apiKey = record({ id: text, name: text, start: text, scopes: list(text), madeBy: text, created: moment, expires: moment, used: nullable(moment), status: text });
export type ApiKey = Decoded<typeof apiKey>;

export async function apiKeys(account: string, signal?: AbortSignal): Promise<ApiKey[]> {
  return (await request(at(account, '/keys'), record({ items: list(apiKey) }), { signal })).items;
}

/** Returns the key itself, which is never shown again. */
export async function makeKey(account: string, wish: { name: string; scopes: string[]; days: number }): Promise<string> {
  return (await request(at(account, '/keys'), record({ key: text }), { method: 'POST', body: wish })).key;
}

export function revokeKey(account: string, key: string): Promise<void> {
  return command(at(account, `/keys/${id(key)}`), { method: 'DELETE' });
}

/** The seconds that an answer says to wait, null if it says none. */
export function pause(data: Record<string, unknown>): number | null {
  const seconds = nullable(number)(data['seconds'], 'seconds');
  return seconds !== null && seconds > 0 ? Math.ceil(seconds) : null;
}
