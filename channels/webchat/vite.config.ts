import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

/** The service worker has the same address in each build. */
const WORKER = 'sw.js'

/** The page. Hashed names, nothing inlined (the policy allows no `data:`), no code that Vite would add by itself. */
export default defineConfig({
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // virtua is written for React.
  resolve: {
    alias: {
      'react/jsx-runtime': 'preact/jsx-runtime',
      'react-dom': 'preact/compat',
      react: 'preact/compat',
    },
  },
  plugins: [listFiles(), precompress()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: {
        index: join(import.meta.dirname, 'index.html'),
        worker: join(import.meta.dirname, 'src/worker.ts'),
      },
      output: { entryFileNames: ({ name }) => (name === 'worker' ? WORKER : 'assets/[name]-[hash].js') },
    },
  },
})

/** Tells the service worker which files the build has. */
function listFiles(): Plugin {
  return {
    name: 'list-files',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      if (!dir) return
      const files = [...Object.keys(bundle).filter((name) => name.startsWith('assets/')), 'favicon.svg']
      const page = readFileSync(join(dir, 'index.html'))
      const name = createHash('sha256').update(page).update(files.join()).digest('hex').slice(0, 16)
      const build = JSON.stringify({ name, files: files.map((file) => `/${file}`).toSorted() })
      const worker = readFileSync(join(dir, WORKER), 'utf8')
      writeFileSync(join(dir, WORKER), `const BUILD=${build};${worker}`)
    },
  }
}

/** Lays `.br` and `.gz` beside each text file, so that Core never compresses. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    writeBundle: {
      order: 'post',
      sequential: true,
      handler({ dir }) {
        if (!dir) return
        for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
          if (!/\.(?:html|js|css|svg|webmanifest)$/.test(name)) continue
          const text = readFileSync(join(dir, name))
          writeFileSync(join(dir, `${name}.gz`), gzipSync(text, { level: 9 }))
          writeFileSync(join(dir, `${name}.br`), brotliCompressSync(text))
        }
      },
    },
  }
}
