import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorkspace, type Workspace } from './workspace.ts'

let folder: string
let workspace: Workspace

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homeclaw-workspace-'))
  workspace = createWorkspace(folder, () => Date.UTC(2026, 0, 2))
})
afterEach(() => rm(folder, { recursive: true }))

test.each([
  ['data:image/png;base64,aGFsbG8=', 'png', 'hallo'],
  ['data:image/PNG;charset=x;BASE64,aGFsbG8=', 'png', 'hallo'],
  ['data:text/plain;base64,aGFsbG8', 'txt', 'hallo'],
  ['data:text/plain;base64,aGFs bG8%3D', 'txt', 'hallo'],
  ['data:;base64,aGFsbG8=', 'txt', 'hallo'],
  ['data:,hello%20you', 'txt', 'hello you'],
  ['data:x/unknown;base64,', 'bin', ''],
])('%s', async (url, extension, content) => {
  const [name = ''] = await workspace.storeFiles('me', [url])
  expect(name).toMatch(new RegExp(`^2026-01-02-[0-9a-f]{16}\\.${extension}$`))
  expect(await readFile(join(folder, 'me/files', name), 'utf8')).toBe(content)
})

test.each(['data:a/b;base64,a', 'data:a/b;base64,aa==aa==', 'data:a/b;base64,%%%', 'data:a/b'])(
  '%s is refused',
  async (url) => {
    await expect(workspace.storeFiles('me', [url])).rejects.toMatchObject({ code: 'message_invalid' })
  },
)

test('the same file is stored once, and no id leads out of the folder', async () => {
  const url = 'data:text/plain;base64,aGFsbG8='
  const [first, second] = await workspace.storeFiles('../me', [url, url])
  expect(first).toBe(second)
  expect(await workspace.storeFiles('../me', [url])).toEqual([first])
  await expect(readFile(join(folder, '../me/files', first ?? ''))).rejects.toMatchObject({ code: 'ENOENT' })
})
