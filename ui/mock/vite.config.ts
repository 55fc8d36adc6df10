import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';
import { mockApi } from './plugin.ts';

/** The pages with a made-up API: `npm run mock`, or after a build `npm run mock preview` under the product's CSP. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  plugins: [tailwindcss(), svelte(), mockApi()],
  server: { port: 5173 },
  preview: { port: 4173 },
});
