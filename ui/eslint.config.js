import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

/** The import law of the page: pure decides, api fetches, widgets and pages draw, the URL is the state. */
function law(files, forbidden, why) {
  return {
    files,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: forbidden.map((group) => ({ group: [group].flat(), message: why })) }] },
  }
}

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'grafana'] },
  ...tseslint.configs.recommendedTypeChecked,
  hooks.configs.flat['recommended-latest'],
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js', 'public/*.js'] }, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', prefer: 'type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': ['error', { allow: [{ from: 'package', package: '@tanstack/router-core', name: 'Redirect' }] }],
      'no-restricted-syntax': [
        'error',
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Markup is never made from text.' },
        { selector: 'ExportDefaultDeclaration', message: 'Exports have names.' },
      ],
      // About React Compiler, which is not used here.
      'react-hooks/incompatible-library': 'off',
      'max-lines': ['error', { max: 400 }],
      eqeqeq: 'error',
    },
  },
  law(['src/pure/**'], [['react', 'react-dom', '@tanstack/*', '@base-ui/*'], ['**/widgets/*', '**/pages/**', '**/shell/*', '**/timeline/*', '**/map/*'], ['**/api/client', '**/api/hooks']], 'pure/ decides with plain functions and imports pure/ and the types of api/ only.'),
  law(['src/api/**'], [['**/widgets/*', '**/pages/**', '**/shell/*', '**/timeline/*', '**/map/*']], 'api/ fetches; it imports pure/ only.'),
  law(['src/widgets/**'], [['**/pages/**', '**/shell/*', '**/timeline/*', '**/map/*'], ['**/api/client', '**/api/hooks', '@tanstack/react-query']], 'widgets/ draw what they are given; they import pure/ and the types of api/ only.'),
  law(['src/timeline/**', 'src/map/**'], [['**/pages/**', '**/shell/*'], ['**/api/client', '**/api/hooks', '@tanstack/react-query']], 'timeline/ and map/ draw what they are given.'),
  law(['src/pages/**'], [['**/shell/*', '**/api/client'], ['../map/*', '../trace/*', '../traces/*', '../compare/*', '../services/*', '../service/*', '../start/*', '../settings/*', '**/pages/*/*']], 'A page imports no other page, and fetches through api/hooks.'),
  { files: ['eslint.config.js', 'vite.config.ts', 'public/**', 'browser/**', 'e2e/**'], rules: { 'no-restricted-syntax': 'off', 'max-lines': 'off' } },
  { files: ['eslint.config.js', 'public/**'], ...tseslint.configs.disableTypeChecked },
)
