import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const repository = resolve(import.meta.dirname, '..')
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homeclaw-ci-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

async function run(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env } })
  let output = ''
  child.stdout.on('data', (text) => (output += text))
  const [code] = await once(child, 'close')
  return { code, output }
}

describe('the counts of a test run', () => {
  const testFile = (body: string) => `import { describe, expect, it } from 'vitest'\n${body}\n`

  async function count(...bodies: string[]): Promise<string> {
    await symlink(join(repository, 'node_modules'), join(root, 'node_modules'))
    await write('package.json', '{"type":"module"}')
    for (const [index, body] of bodies.entries()) await write(`${index}.test.ts`, testFile(body))
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
    const reporter = join(repository, 'scripts/ci-reporter.ts')
    await run(process.execPath, [vitest, 'run', `--reporter=${reporter}`], {
      CI_COUNTS: join(root, 'counts'),
    })
    return readFile(join(root, 'counts'), 'utf8')
  }

  it('are those of the tests', async () => {
    expect(await count(`it('a', () => {}); it.skip('b', () => {}); it('c', () => expect(1).toBe(2))`)).toBe(
      '1 passed, 1 failed, 1 skipped',
    )
  })

  it('have a failure for a file that does not load and for one outside of any test', async () => {
    expect(
      await count(
        `it('a', () => {})`,
        `import './missing.ts'`,
        `it('b', () => { setTimeout(() => { throw new Error('late') }); return new Promise((r) => setTimeout(r, 50)) })`,
      ),
    ).toBe('2 passed, 2 failed')
  })
})

describe('.ci/run', () => {
  /** Runs it in a repository whose gates and tests do just this. */
  async function ci(check: string, test: string): Promise<{ code: number; last: string | undefined }> {
    await cp(join(repository, '.ci/run'), join(root, '.ci/run'))
    await write('package.json', JSON.stringify({ scripts: { check, test: `${test} #` } }))
    for (const name of ['chromium', 'python3', 'fc-list']) {
      await write(`bin/${name}`, '#!/bin/sh\necho Noto Sans CJK\n')
      await chmod(join(root, 'bin', name), 0o755)
    }
    await mkdir(join(root, 'tmp'))
    const path = `${join(root, 'bin')}:${process.env['PATH']}`
    const { code, output } = await run('.ci/run', [], { PATH: path, TMPDIR: join(root, 'tmp') })
    const left = await readdir(join(root, 'tmp'))
    expect(left.filter((name) => name !== 'node-compile-cache')).toEqual([])
    return { code, last: output.trimEnd().split('\n').at(-1) }
  }

  it.each([
    [
      'all is well',
      'true',
      'echo 5 passed, 0 failed, 1 skipped > $CI_COUNTS',
      0,
      '5 passed, 0 failed, 1 skipped',
    ],
    ['a test fails', 'true', 'echo 4 passed, 1 failed > $CI_COUNTS; false', 1, '4 passed, 1 failed'],
    ['a gate fails', 'false', 'echo 5 passed, 0 failed > $CI_COUNTS', 1, '5 passed, 1 failed'],
    ['the tests do not start', 'true', 'false', 1, '0 passed, 1 failed'],
    [
      'the tests end badly after their report',
      'true',
      'echo 5 passed, 0 failed > $CI_COUNTS; false',
      1,
      '5 passed, 1 failed',
    ],
    ['there are no tests', 'true', 'true', 1, '0 passed, 1 failed'],
  ])('when %s', async (...[, check, test, code, last]) => {
    expect(await ci(check, test)).toEqual({ code, last })
  })
})
