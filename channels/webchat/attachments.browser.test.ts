/** What came with messages is there after a reload: pictures to look at, files to take. */
import { readFileSync } from 'node:fs'
import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { startTestPlugin } from '../../core/testing/plugin.ts'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const at = world({
  memory: { enabled: false },
  log_level: 'warn',
  companions: [
    { id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' },
    { id: 'painter', plugin_id: 'painter', session_id_value: 'painter', name: 'Painter' },
  ],
  plugins: { friends: { start: false }, painter: { start: false } },
})

const NOTE = { name: 'shopping list.txt', mimeType: 'text/plain', buffer: Buffer.from('milk and bread') }
const PICTURE = { name: 'garden.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') }
const HOSTILE = {
  name: 'drawing.svg',
  mimeType: 'image/svg+xml',
  buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
}

/** How many pictures the browser could draw. */
const drawn = ({ page }: Visitor): Promise<number> =>
  page.evaluate(`[...document.querySelectorAll('.log img')].filter((img) => img.naturalWidth > 0).length`)

describe.skipIf(!CHROMIUM)('what a person sent', () => {
  it('is shown after a reload: the picture to look at, the files by name to take', async () => {
    const visitor = await at.visit({ bypassCSP: true, acceptDownloads: true })
    const { page, send, bubbles, faults } = visitor
    await page.getByLabel('Files to attach').setInputFiles([PICTURE, NOTE, HOSTILE])
    await send('Look at this')
    await until(async () => expect(await bubbles()).toHaveLength(2))
    await page.reload()
    await until(async () => expect(await drawn(visitor)).toBe(1))
    await page.getByRole('button', { name: 'Open garden.png' }).click()
    const enlarged = page.getByRole('dialog', { name: 'garden.png' })
    await enlarged.getByRole('img', { name: 'garden.png' }).waitFor()
    await page.addScriptTag({ content: axe.source })
    expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual(
      [],
    )
    await page.keyboard.press('Escape')
    await enlarged.waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Open garden.png')
    for (const file of [NOTE, HOSTILE]) {
      const download = page.waitForEvent('download')
      await page.getByRole('link', { name: file.name, exact: true }).click()
      const taken = await download
      expect(taken.suggestedFilename()).toBe(file.name)
      expect(readFileSync(await taken.path(), 'utf8')).toBe(String(file.buffer))
    }
    expect(faults).toEqual([])
  })

  it('opened by its address is taken, never run', async () => {
    const visitor = await at.visit({ acceptDownloads: true })
    const { page, send, bubbles, faults } = visitor
    const html = { ...HOSTILE, name: 'page.html', mimeType: 'text/html' }
    for (const file of [HOSTILE, html]) {
      await page.getByLabel('Files to attach').setInputFiles(file)
      await send(file.name)
      await until(async () => expect((await bubbles()).at(-1)).toContain(`You said: ${file.name}`))
    }
    const names = (await at.stored('system')).flatMap(({ files = [] }) => files)
    expect(names).toHaveLength(2)
    for (const name of names) {
      const download = page.waitForEvent('download')
      await page.goto(`${at.core.url}/api/files/${name}?user_id=${at.me}`).catch(() => {})
      await (await download).path()
    }
    expect(faults).toEqual([])
  })

  it('goes along when the answer is asked for again', async () => {
    const { page, send, bubbles, sent } = await at.visit()
    await page.getByLabel('Files to attach').setInputFiles([PICTURE, NOTE])
    await send('Look at this')
    await until(async () => expect(await bubbles()).toHaveLength(2))
    await page.reload()
    await page.getByRole('button', { name: 'Answer again' }).click()
    await page.getByRole('group', { name: 'Version 2 of 2' }).waitFor()
    const [first, second] = sent
    expect(second?.images).toEqual(first?.images)
    expect(second?.files?.map((url) => url.split(',')[1])).toEqual(
      first?.files?.map((url) => url.split(',')[1]),
    )
    const files = (await at.stored('system')).map(({ files }) => files)
    expect(files[2]).toEqual(files[0])
  })

  it('is not shown to somebody else who knows its address', async () => {
    const { page, send, bubbles } = await at.visit()
    await page.getByLabel('Files to attach').setInputFiles(NOTE)
    await send('mine')
    await until(async () => expect(await bubbles()).toHaveLength(2))
    const [name = ''] = (await at.stored('system'))[0]?.files ?? []
    await at.core.send('PUT', '/api/config/users/bob/code', { code: 'open sesame' })
    const other = await at.visit({ link: at.core.url })
    await other.page.request.post(`${at.core.url}/api/session`, {
      data: { user: 'bob', code: 'open sesame' },
    })
    const answer = await other.page.request.get(`${at.core.url}/api/files/${name}?user_id=${at.me}`)
    expect(answer.status()).toBe(403)
  })
})

describe.skipIf(!CHROMIUM)('pictures of an answer', () => {
  it('are shown after a reload, and nothing is fetched from elsewhere', async () => {
    const images = [
      `data:image/png;base64,${PIXEL}`,
      'http://127.0.0.1:9/beacon.png',
      '/api/session',
      `data:image/svg+xml;base64,${HOSTILE.buffer.toString('base64')}`,
    ]
    const plugin = await startTestPlugin(() => ({ text: 'Here it is', metadata: { images } }))
    await at.core.post('/api/plugins/register', plugin.registration('painter', { capabilities: [] }))
    const visitor = await at.visit()
    const { page, faults, openChat, send } = visitor
    await openChat('Painter')
    await send('Paint')
    await page.getByText('Here it is').last().waitFor()
    await page.reload()
    await page.getByText('Here it is').last().waitFor()
    await until(async () => expect(await drawn(visitor)).toBe(1))
    await page.getByText('from 127.0.0.1:9').waitFor()
    await until(async () => expect(await page.locator('.log .picture-link').count()).toBe(3))
    expect(faults).toEqual([])
    await plugin.close()
  })
})
