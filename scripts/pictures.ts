/**
 * Pictures of the main pages in light, dark and phone width: `npm run pictures [-- folder]`. A Core of its own with a
 * scripted model is filled for it. `webchat.png` of them is the one in the README.
 * @module
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { launch, visit } from '../channels/webchat/testing/browser.ts'
import { startCore } from '../core/testing/core.ts'
import { createScriptedModelServer, type ScriptedModelServer } from '../core/testing/scripted-model.ts'

const folder = resolve(process.argv[2] ?? 'pictures')

const SAID: readonly (readonly [partner: string, text: string, answer: string])[] = [
  ['system', 'Remember that my bike is in the red shed', 'Noted: your bike is in the red shed.'],
  [
    'system',
    'What do I need for the weekend trip?',
    'For two days by the lake:\n\n| What | Where it is |\n|---|---|\n| **Bike** | the red shed |\n| Tent | attic, left |\n| Stove | kitchen, top shelf |\n\n- [x] tickets are booked\n- [ ] charge the lamp\n\nShall I remind you on Friday at 17:00?',
  ],
  ['system', 'Yes, please', 'I will remind you on Friday at 17:00.'],
  ['friend', 'Veda, I slept badly', 'Oh no. Was it the heat again, or is the move still on your mind?'],
  ['friend', 'The move, I think', 'That would keep me awake too. Which part of it is the heaviest just now?'],
]

const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light', viewport: { width: 1200, height: 750 }, deviceScaleFactor: 2 },
  dark: { colorScheme: 'dark', viewport: { width: 1200, height: 750 } },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
  narrow: { colorScheme: 'dark', viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true },
}

/** The pages, by the name of their picture: how one gets there from the list. */
const PAGES: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  list: (page) => page.getByRole('link', { name: /Veda/ }).waitFor(),
  system: (page) => open(page, '#/chat/system', 'I will remind you'),
  friend: (page) => open(page, '#/chat/friend', 'heaviest'),
  async why(page) {
    await open(page, '#/chat/system', 'I will remind you')
    await page.getByRole('button', { name: 'Why this answer' }).last().click()
    await page.getByText('It took').waitFor()
  },
  async search(page) {
    await page.getByRole('searchbox').fill('shed')
    await page.locator('.list mark').first().waitFor()
  },
  settings: (page) => open(page, '#/settings', 'Appearance'),
  friends: (page) => open(page, '#/friends', 'Character'),
  data: (page) => open(page, '#/data', 'Take it with you'),
  welcome: (page) => open(page, '#/welcome', 'Skip'),
}

async function open(page: Page, address: string, text: string): Promise<void> {
  await page.goto(new URL(address, page.url()).href)
  await page.locator('main').getByText(text).last().waitFor()
}

async function furnish(model: ScriptedModelServer, home: string) {
  const core = await startCore({
    home,
    coreYml: JSON.stringify({
      model: { name: 'scripted', base_url: model.url },
      companions: [{ id: 'friend', plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' }],
      plugins: { friends: { memory: ['own'], model: true } },
    }),
    userYml: JSON.stringify({ users: [{ id: 'anna', name: 'Anna' }] }),
  })
  for (const [partner, text, answer] of SAID) {
    model.script(() => answer)
    const to = partner === 'friend' ? { session_id: 'friend' } : {}
    await core.inbound({ user_id: 'anna', channel_name: 'webchat', text, ...to })
  }
  await core.post('/api/chats/system/read?user_id=anna', {})
  return core
}

mkdirSync(folder, { recursive: true })
const home = mkdtempSync(join(tmpdir(), 'pictures-'))
const model = await createScriptedModelServer()
const core = await furnish(model, home)
const browser = await launch()
const link = /http\S+#key=\S+/.exec(core.log())?.[0] ?? core.url
for (const [look, options] of Object.entries(LOOKS)) {
  for (const [name, go] of Object.entries(PAGES)) {
    const { page, close } = await visit(browser, { link, as: 'anna', isFirst: false, options })
    await page.getByRole('navigation', { name: 'Chats' }).or(page.locator('main')).first().waitFor()
    await go(page)
    await page.waitForTimeout(400)
    await page.screenshot({ path: join(folder, `${name}-${look}.png`) })
    await close()
  }
}
await browser.close()
await core.stop()
await model.close()
rmSync(home, { recursive: true, force: true })
console.log(`Pictures of ${Object.keys(PAGES).length} pages are in ${folder}`)
