import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWorkspace, shownName, type Workspace } from './workspace.ts'

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

test.each([
  ['shopping list.txt', '-shopping list.txt'],
  ['清单.txt', '-清单.txt'],
  ['photo', '-photo.txt'],
  ['page.html', '-page.html'],
  ['../../etc/passwd', '-_.._etc_passwd.txt'],
  ['..\\..\\con.txt', '-_.._con.txt'],
  ['.ssh', '-ssh.txt'],
  ['a\u0000\n\u202etxt.exe', '-a_txt.exe'],
  [`${'long'.repeat(90)}.tar`, `-${'long'.repeat(15)}.tar`],
  ['/', '-_.txt'],
  [' . ', '.txt'],
])('a file called %j is stored by that name, as far as it is one', async (given, end) => {
  const url = `data:text/plain;name=${encodeURIComponent(given)};base64,aGFsbG8=`
  const [name = ''] = await workspace.storeFiles('me', [url])
  expect(name.replace(/^2026-01-02-[0-9a-f]{16}/, '')).toBe(end)
  expect(String(await workspace.readFile('me', name))).toBe('hallo')
  expect(shownName(name)).toBe(end.startsWith('-') ? end.slice(1) : name)
})

test('nothing is read but what was stored, whatever it is called', async () => {
  await mkdir(join(folder, 'me/files'), { recursive: true })
  await writeFile(join(folder, 'me/secret.txt'), 'secret')
  await writeFile(join(folder, 'secret.txt'), 'secret')
  const [name = ''] = await workspace.storeFiles('me', ['data:,hello'])
  const stamp = name.slice(0, 27)
  await symlink(join(folder, 'secret.txt'), join(folder, 'me/files', `${stamp}-link.txt`))
  await mkdir(join(folder, 'me/files', `${stamp}-folder.txt`))
  for (const wanted of [
    '../secret.txt',
    'secret.txt',
    '..',
    '',
    `${stamp}-../../secret.txt`,
    `${stamp}-..\\secret.txt`,
    `${stamp}-link.txt`,
    `${stamp}-folder.txt`,
    `${stamp}-none.txt`,
    `${name}\0.png`,
  ])
    expect([wanted, await workspace.readFile('me', wanted)]).toEqual([wanted, undefined])
  expect(await workspace.readFile('you', name)).toBeUndefined()
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
