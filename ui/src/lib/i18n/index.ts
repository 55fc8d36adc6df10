import { en, type Strings } from './en';

/** The strings of the page's language. */
export const t: Strings = en;
