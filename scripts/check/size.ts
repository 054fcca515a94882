import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Lines of code of one source file: no blank ones, no comments, no tests. */
const MAX_FILE = 300
/** The same of all of core, without its testing support: it stays readable in an afternoon. */
const MAX_CORE = 6_000

/** Source files, and core as a whole, that have outgrown their measure. */
export function findOversized(root: string): string[] {
  const files = globSync('{core,external_plugins,channels,scripts}/**/*.{ts,tsx,mts,mjs,js,css}', {
    cwd: root,
    exclude: (path) =>
      /(^|\/)(node_modules|dist)$/.test(path) || /\.(test|contract|fixture)\.(ts|mjs)$/.test(path),
  })
  const sizes = files
    .sort()
    .map((file) => ({ file: file.replaceAll('\\', '/'), lines: linesOf(join(root, file)) }))
  const core = sizes
    .filter(({ file }) => file.startsWith('core/') && !file.startsWith('core/testing/'))
    .reduce((sum, { lines }) => sum + lines, 0)
  return [
    ...sizes
      .filter(({ lines }) => lines > MAX_FILE)
      .map(({ file, lines }) => `${file} has ${lines} lines, ${MAX_FILE} at most`),
    ...(core > MAX_CORE ? [`core has ${core} lines, ${MAX_CORE} at most`] : []),
  ]
}

const linesOf = (file: string): number =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length
