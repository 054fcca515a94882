import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{core,external_plugins,channels,scripts,docs}/**/*.test.ts'],
    globalSetup: ['scripts/scratch.ts', 'scripts/built.mjs'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
})
