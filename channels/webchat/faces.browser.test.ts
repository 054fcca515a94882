/** The faces of friends. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { expect, it } from 'vitest'
import { CHROMIUM } from './testing/browser.ts'
import { world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const friend = (id: string, keyword: string, picture?: string) => ({
  id,
  plugin_id: 'friends',
  session_id_value: id,
  keyword,
  ...(picture && { picture }),
})
const at = world({
  memory: { enabled: false },
  log_level: 'warn',
  companions: [
    friend('friend', 'Veda', 'veda.png'),
    friend('gone', 'Gone', 'gone.png'),
    friend('plain', 'Plain'),
  ],
  plugins: { friends: { start: false } },
})

it.skipIf(!CHROMIUM)('are shown in the list and in the chat; who has none has initials', async () => {
  writeFileSync(join(at.core.home, 'config/veda.png'), Buffer.from(PIXEL, 'base64'))
  const { page, openChat, faults } = await at.visit({ bypassCSP: true })
  const face = (name: string) => page.getByRole('link', { name: new RegExp(name) }).locator('.avatar img')
  await until(async () => {
    expect(await page.evaluate('document.querySelector(".avatar img")?.naturalWidth')).toBe(1)
    expect(await face('Gone').count()).toBe(0)
  })
  expect(await face('Plain').count()).toBe(0)
  expect(await page.getByRole('link', { name: /Gone/ }).locator('.avatar').innerText()).toBe('G')
  await openChat('Veda')
  await page.locator('.chat .bar .avatar img').waitFor()
  await page.addScriptTag({ content: axe.source })
  expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual(
    [],
  )
  expect(faults).toEqual([])
})
