/** The first visit, the pages beside the chats, languages, and the page as an app. */
import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { linkOf, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

const at = world()

async function violations({ page }: Visitor): Promise<string[]> {
  await page.addScriptTag({ content: axe.source })
  return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join()))`)
}

describe.skipIf(!CHROMIUM)('the first visit', () => {
  it('looks at what is there and leads to a first message, once', async () => {
    const { page, send, bubbles, faults } = await at.visit({ isFirst: true })
    await page.getByRole('heading', { level: 1, name: 'Welcome to HomeClaw' }).waitFor()
    await page.getByText('scripted answers.').waitFor()
    await page.getByText('Not here now: Veda. You can write to System meanwhile.').waitFor()
    await page.getByText('Off in config/core.yml').waitFor()
    await page.getByRole('button', { name: 'Begin' }).click()
    const box = page.getByRole('textbox', { name: 'Write to System' })
    expect(await box.inputValue()).toBe('Remember that my bike is in the red shed')
    await send(await box.inputValue())
    await until(async () => expect(await bubbles()).toHaveLength(2))
    await page.goto(at.core.url)
    await box.waitFor()
    expect(await page.getByText('Welcome to HomeClaw').count()).toBe(0)
    expect(faults).toEqual([])
  })

  it('can be skipped', async () => {
    const { page } = await at.visit({ isFirst: true })
    await page.getByRole('button', { name: 'Skip' }).click()
    const box = page.getByRole('textbox', { name: 'Write to System' })
    await until(async () => expect(await box.inputValue()).toBe(''))
  })
})

describe.skipIf(!CHROMIUM)('the settings', () => {
  it('change the theme, which stays', async () => {
    const { page } = await at.visit({ colorScheme: 'light' })
    const ground = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Dark').check()
    expect(await ground()).toBe('rgb(18, 20, 18)')
    await page.reload()
    expect(await page.getByLabel('Dark').isChecked()).toBe(true)
    expect(await ground()).toBe('rgb(18, 20, 18)')
    await page.getByLabel('As the device').check()
    expect(await ground()).toBe('rgb(247, 247, 245)')
  })

  it('change the language of all words and times, which stays', async () => {
    await at.say('Hello', 'Hi')
    const { page } = await at.visit()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Language').selectOption({ label: '中文' })
    await page.getByRole('heading', { level: 1, name: '设置' }).waitFor()
    expect(await page.getAttribute('html', 'lang')).toBe('zh')
    await page.getByRole('link', { name: /系统/ }).click()
    await page.getByRole('textbox', { name: '写给系统' }).waitFor()
    await page.getByRole('heading', { level: 2, name: '今天' }).waitFor()
    await page.reload()
    await page.getByRole('textbox', { name: '写给系统' }).waitFor()
    expect(await page.locator('.app').innerText()).not.toMatch(/Settings|Chats|Today|Search/)
  })

  it('speak Chinese to a browser that reads it', async () => {
    const { page } = await at.visit({ locale: 'zh-CN' })
    await page.getByRole('textbox', { name: '写给系统' }).waitFor()
    expect(await page.getAttribute('html', 'lang')).toBe('zh')
  })

  it('ask for the location where it is turned on, and lead back', async () => {
    const { page } = await at.visit({ permissions: [], viewport: { width: 360, height: 640 } })
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Share my location').click()
    await page.getByText('This browser does not allow your location here.').waitFor()
    await page.getByRole('link', { name: 'Back to the chats' }).click()
    await page.getByRole('heading', { level: 1, name: 'Chats' }).waitFor()
    expect(page.url()).toMatch(/\/(#\/)?$/)
  })

  it('are somewhere also for an address that nobody knows', async () => {
    const { page } = await at.visit()
    await page.getByRole('textbox', { name: /Write/ }).waitFor()
    await page.goto(`${at.core.url}/#/nowhere`)
    await page.getByRole('textbox', { name: /Write/ }).waitFor()
    expect(await page.title()).toContain('System')
  })

  it.each([
    ['light', 1440],
    ['dark', 360],
  ] as const)('give axe nothing to find, nor does the welcome: %s, %i px', async (colorScheme, width) => {
    const visitor = await at.visit({
      isFirst: true,
      colorScheme,
      viewport: { width, height: 800 },
      bypassCSP: true,
    })
    const { page } = visitor
    await page.getByText('scripted answers.').waitFor()
    expect(await violations(visitor)).toEqual([])
    await page.goto(`${at.core.url}/#/settings`)
    await page.getByLabel('Language').waitFor()
    expect(await violations(visitor)).toEqual([])
    await page.goto(`${at.core.url}/#/`)
    await page.getByRole('searchbox').fill('nothing like this')
    await page.getByText('Nothing found').first().waitFor()
    expect(await violations(visitor)).toEqual([])
  })
})

describe.skipIf(!CHROMIUM)('the page as an app', () => {
  const isKept = ({ page }: Visitor): Promise<boolean> =>
    page.evaluate('navigator.serviceWorker.ready.then(() => caches.keys()).then((keys) => keys.length > 0)')

  it('starts without Core, keeps what is written over a closed tab, and sends it once', async () => {
    const visitor = await at.visit()
    const { page, send, bubbles, faults } = visitor
    await page.getByText('What can I do for you?').waitFor()
    await until(async () => expect(await isKept(visitor)).toBe(true))
    await at.kill()
    await page.locator('.connection').waitFor()
    for (const text of ['one', 'two']) await send(text)
    await page.getByText('Waiting').nth(1).waitFor()
    const next = await page.context().newPage()
    await page.close()
    await next.goto(at.core.url)
    await next.getByRole('heading', { name: 'Core does not answer' }).waitFor()
    await at.start()
    const all = ['one', 'You said: one', 'two', 'You said: two']
    await until(async () => expect((await at.stored('system')).map(({ text }) => text)).toEqual(all))
    await until(async () => expect(await next.locator('article .bubble').allInnerTexts()).toEqual(all))
    expect(faults.filter((fault) => !fault.startsWith('request'))).toEqual([])
    expect(await bubbles().catch(() => 'closed')).toBe('closed')
  })

  it('keeps files of the page and not one word of a chat', async () => {
    await at.say('a secret', 'kept well')
    const visitor = await at.visit()
    await visitor.page.getByText('kept well').first().waitFor()
    await until(async () => expect(await isKept(visitor)).toBe(true))
    await visitor.page.reload()
    await visitor.page.getByText('kept well').first().waitFor()
    const kept = await visitor.page.evaluate<string[]>(`(async () => {
      const cache = await caches.open((await caches.keys())[0])
      return (await cache.keys()).map(({ url }) => new URL(url).pathname)
    })()`)
    expect(kept).toContain('/')
    expect(kept.filter((path) => !/^\/($|assets\/|favicon\.svg$)/.test(path))).toEqual([])
  })

  it('has a manifest and pictures that a browser can install', async () => {
    const manifest = (await at.core.get('/manifest.webmanifest')).body
    expect(manifest).toMatchObject({ display: 'standalone', start_url: '/' })
    for (const { src } of manifest.icons)
      expect((await fetch(at.core.url + src)).headers.get('content-type')).toMatch(/^image\//)
  })

  it('says once, in the settings, what plain http takes away', async () => {
    const link = linkOf(at.core).replace('127.0.0.1', 'home.test')
    const { page, faults } = await at.visit({ link })
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByText('This page came over plain http').waitFor()
    expect(faults).toEqual([])
  })
})
