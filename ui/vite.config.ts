import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [tailwindcss(), svelte()],
  server: { port: 5173, proxy: { '/api': 'http://127.0.0.1:8090' } },
  build: {
    target: 'es2022',
    // The content security policy allows images from data: but nothing else inline.
    assetsInlineLimit: 0,
    // ECharts is the one big chunk; it is loaded with the first chart.
    chunkSizeWarningLimit: 600,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
