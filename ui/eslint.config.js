import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
  { ignores: ['dist', 'node_modules'] },
  js.configs.recommended,
  ts.configs.strict,
  svelte.configs.recommended,
  { languageOptions: { globals: globals.browser } },
  { files: ['*.config.*'], languageOptions: { globals: globals.node } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': [
        'error',
        // The content security policy drops style attributes in markup; style:x={…} is set through the CSSOM and passes.
        { selector: 'SvelteAttribute[key.name="style"]', message: 'Style attributes are dropped by the CSP: use a class or style:property.' },
        { selector: 'SvelteMustacheTag[kind="raw"]', message: 'No raw HTML.' },
      ],
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
);
