import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
    { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts'] },
    ...tseslint.configs.strict,
    reactHooks.configs.flat['recommended-latest'],
    {
        rules: {
            '@typescript-eslint/no-unused-vars': [
                'error',
                {
                    ignoreRestSiblings: true,
                    varsIgnorePattern: '^_',
                    argsIgnorePattern: '^_',
                    destructuredArrayIgnorePattern: '^_',
                },
            ],
            'no-restricted-syntax': [
                'error',
                // Amounts are decimal strings; a float would round them.
                {
                    selector: "CallExpression[callee.name='parseFloat']",
                    message: 'Amounts are never floats: see src/money.',
                },
            ],
            'no-restricted-globals': [
                'error',
                {
                    name: 'localStorage',
                    message: 'Nothing that matters is kept where other scripts of the origin could read it later.',
                },
            ],
        },
    },
);
