import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Lines of code of one source file: no blank ones, no comments, no tests. */
const MAX_FILE = 300
/** Source files that have outgrown their measure. */
export function findOversized(root: string): string[] {
  const files = globSync('{core,external_plugins,channels,scripts}/**/*.{ts,tsx,mts,mjs,js,css}', {
    cwd: root,
    exclude: (path) =>
      /(^|\/)(node_modules|dist)$/.test(path) || /\.(test|contract|fixture)\.(ts|mjs)$/.test(path),
  })
  return files
    .sort()
    .map((file) => ({ file: file.replaceAll('\\', '/'), lines: linesOf(join(root, file)) }))
    .filter(({ lines }) => lines > MAX_FILE)
    .map(({ file, lines }) => `${file} has ${lines} lines, ${MAX_FILE} at most`)
}

const linesOf = (file: string): number =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length
