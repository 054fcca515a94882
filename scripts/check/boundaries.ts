import { globSync, readFileSync } from 'node:fs'
import { dirname, join, matchesGlob, posix } from 'node:path'
import { parseSync } from 'vite'

/** A sentence about who may import what. The first glob of `except` that fits frees a file from it. */
interface Rule {
  readonly files: readonly string[]
  readonly except?: readonly string[]
  /** Fits what may not be imported: a path from the root of the repository (relative imports) or a package. */
  readonly forbids: (target: string, file: string) => boolean
  /** Imports of types alone are fine. */
  readonly types?: boolean
  readonly because: string
}

const SUBPATHS: Record<string, string> = {
  '#contract': 'core/contract/index.ts',
  '#contract/file-name': 'core/contract/file-name.ts',
  '#plugin-sdk': 'external_plugins/sdk/index.ts',
  '#plugin-sdk/testing': 'external_plugins/sdk/testing/index.ts',
}
const TESTS = ['**/*.test.ts', '**/*.contract.ts', '**/*.fixture.{ts,mjs}', '**/testing/**']

const isIn = (folder: string, target: string) => target.startsWith(`${folder}/`)
const isPackage = (name: string, target: string) => target === name || isIn(name, target)
const onlyIn = (name: string, files: readonly string[], types = false): Rule => ({
  files: ['{core,external_plugins,channels}/**'],
  except: [...files, ...TESTS],
  forbids: (target) => isPackage(name, target),
  types,
  because: `only ${files.join(', ')} may import ${name}`,
})

/** `external_plugins/friends/…` → `external_plugins/friends` */
const home = (file: string) => file.split('/').slice(0, 2).join('/')

const rules: readonly Rule[] = [
  {
    files: ['core/**'],
    forbids: (target) => isIn('external_plugins', target) || isIn('channels', target),
    because: 'core knows no plugin and no channel',
  },
  {
    files: ['core/contract/**'],
    except: TESTS,
    forbids: (target) => target !== 'zod' && target !== 'node:crypto' && !isIn('core/contract', target),
    because: 'the contract stands on zod (and a hash) alone',
  },
  {
    files: ['external_plugins/**'],
    except: TESTS,
    forbids: (target, file) =>
      (isIn('core', target) && !isIn('core/contract', target) && !isIn('core/testing', target)) ||
      isIn('channels', target) ||
      (isIn('external_plugins', target) && !isIn(home(file), target) && target !== SUBPATHS['#plugin-sdk']),
    because: 'a plugin imports #contract, #plugin-sdk, its own folder and packages',
  },
  {
    files: ['channels/**'],
    except: TESTS,
    forbids: (target, file) =>
      (isIn('core', target) && !isIn('core/contract', target) && !isIn('core/testing', target)) ||
      isIn('external_plugins', target) ||
      (isIn('channels', target) && !isIn(home(file), target) && !/^channels\/bridge\b/.test(target)),
    because: 'a channel imports #contract, the bridge, its own folder and packages',
  },
  {
    files: ['core/**', 'external_plugins/**', 'channels/**'],
    except: TESTS,
    forbids: (target) => isIn('core/testing', target) || isIn('scripts', target),
    because: 'what is for tests and tools stays out of the product',
  },
  onlyIn(
    'better-sqlite3',
    ['core/{database,lock}.ts', 'external_plugins/*/{store,threads,database}*{,/**}'],
    true,
  ),
  onlyIn('@lancedb/lancedb', ['core/memory/lance/**']),
  onlyIn('apache-arrow', ['core/memory/lance/**']),
  onlyIn('@energetic-ai/core', ['core/memory/**']),
  onlyIn('@energetic-ai/embeddings', ['core/memory/**']),
  onlyIn('@huggingface/transformers', ['core/memory/embedders/transformers-child*']),
  onlyIn(
    'undici',
    [
      'core/{plugins,model,delivery,testing}/**',
      'core/memory/embedders/**',
      'external_plugins/sdk/**',
      'channels/bridge*',
    ],
    true,
  ),
  onlyIn(
    'node:child_process',
    [
      'core/plugins/{supervisor,child,last-will}*',
      'core/memory/{embedders,lance}/**',
      'core/knowledge/reader*',
      'core/testing/**',
    ],
    true,
  ),
]

interface Import {
  readonly target: string
  readonly type: boolean
  readonly line: number
}

/** Every import that crosses a boundary, as `file:line what: why`. Dynamic imports and imports of types count. */
export function findCrossings(root: string): string[] {
  const files = globSync('{core,external_plugins,channels}/**/*.{ts,tsx,mts}', {
    cwd: root,
    exclude: (path) => /(^|\/)(node_modules|dist)$/.test(path),
  })
  return files
    .sort()
    .flatMap((file) => check(file.replaceAll('\\', '/'), readFileSync(join(root, file), 'utf8')))
}

function check(file: string, source: string): string[] {
  const applying = rules.filter(
    ({ files, except = [] }) =>
      files.some((glob) => matchesGlob(file, glob)) && !except.some((glob) => matchesGlob(file, glob)),
  )
  const { module, errors } = parseSync(file, source)
  if (errors[0]) return [`${file} cannot be read: ${errors[0].message}`]
  return importsOf(file, source, module).flatMap(({ target, type, line }) =>
    applying
      .filter((rule) => !(type && rule.types) && rule.forbids(target, file))
      .map((rule) => `${file}:${line} imports ${target}: ${rule.because}`),
  )
}

function importsOf(file: string, source: string, module: ReturnType<typeof parseSync>['module']): Import[] {
  const found = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      specifier: moduleRequest.value,
      at: moduleRequest.start,
      type: entries.length > 0 && entries.every(({ isType }) => isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest, isType }) =>
        moduleRequest ? { specifier: moduleRequest.value, at: moduleRequest.start, type: isType } : [],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
      specifier: source.slice(start + 1, end - 1),
      at: start,
      type: false,
    })),
  ]
  return found.map(({ specifier, at, type }) => ({
    target: targetOf(file, specifier),
    type,
    line: source.slice(0, at).split('\n').length,
  }))
}

function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(dirname(file), specifier)
  if (specifier === 'child_process') return 'node:child_process'
  return SUBPATHS[specifier] ?? specifier
}
