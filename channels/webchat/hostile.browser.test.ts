import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { startTestPlugin } from '../../core/testing/plugin.ts'
import { CHROMIUM } from './testing/browser.ts'
import { ELSEWHERE, PAYLOADS } from './testing/payloads.ts'
import { heldAnswer, world } from './testing/world.ts'
import { until } from '../../core/testing/until.ts'

/** Elements and attributes that no message may ever make. */
const FORBIDDEN = `[...document.querySelectorAll('.app *')].filter((element) =>
  /^(script|iframe|object|embed|link|style|base|meta|video|audio|math|template|marquee|details)$/i.test(element.tagName) ||
  [...element.attributes].some(({ name, value }) => /^on|^srcdoc$/.test(name) || (name === 'style' && !element.matches('.column > div, .column > div > div')) || /^(javascript|data|vbscript):/i.test(value)) ||
  (element.tagName === 'A' && !/^(https?:|mailto:)/.test(element.href) && !element.matches('.list a')) ||
  (element.tagName === 'IMG' && element.src && !element.src.startsWith(location.origin) && !element.src.startsWith('blob:')) ||
  (element.tagName === 'FORM' && element.className !== 'composer')
).map((element) => element.outerHTML)`

/** Scrolls through the chat that is open, from its first to its last message. */
async function readAll(page: Page): Promise<{ rows: number; found: string[] }> {
  return page.evaluate(`(async () => {
    const log = document.querySelector('.log')
    const rows = new Set()
    const found = new Set()
    for (let top = 0; top <= log.scrollHeight; top += log.clientHeight / 2) {
      log.scrollTo(0, top)
      await new Promise((done) => requestAnimationFrame(done))
      for (const row of log.querySelectorAll('[data-row]')) rows.add(row.dataset.row)
      for (const html of ${FORBIDDEN}) found.add(html)
    }
    return { rows: rows.size, found: [...found] }
  })()`)
}

describe.skipIf(!CHROMIUM)('hostile words', () => {
  const at = world()

  it('there are enough of them', () => expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(200))

  it('in stored messages run nothing and load nothing', async () => {
    for (const text of PAYLOADS) await at.say(text, text)
    await at.say('Is that all?', 'The end')
    const { page, faults } = await at.visit()
    await page.locator('.bubble', { hasText: 'The end' }).waitFor()
    await until(async () => {
      await page.evaluate('document.querySelector(".log").scrollTo(0, 0)')
      expect(await page.locator('[data-row=m1]').count()).toBe(1)
    })
    const { rows, found } = await readAll(page)
    expect(rows).toBe(PAYLOADS.length * 2 + 2)
    expect(found).toEqual([])
    expect(faults).toEqual([])
  })

  it('as they arrive, letter by letter, run nothing and load nothing', async () => {
    const held = heldAnswer(at.model)
    const { page, faults, send } = await at.visit()
    await send(PAYLOADS.join('\n'))
    await held.asked
    for (const text of PAYLOADS) for (const part of `\n\n${text}`.match(/[\s\S]{1,7}/g) ?? []) held.say(part)
    held.end()
    await until(async () => expect(await page.locator('.theirs .foot').count()).toBe(1))
    expect(await page.evaluate(FORBIDDEN)).toEqual([])
    expect(faults).toEqual([])
  })

  it('as names of people and friends run nothing and load nothing', async () => {
    const names = PAYLOADS.filter((text) => text.length <= 100 && !/[\p{Cc}\p{Cf}$]/u.test(text))
    const users = [{ id: at.me, name: 'Me' }, ...names.map((name, index) => ({ id: `u${index}`, name }))]
    writeFileSync(join(at.core.home, 'config/user.yml'), JSON.stringify({ users }))
    const companions = names.map((name, index) => ({ id: `f${index}`, session_id_value: `f${index}`, name }))
    at.configure({ companions, plugins: { friends: { start: false } } })
    const { page, faults } = await at.visit()
    await until(async () => expect(await page.locator('.row').count()).toBe(names.length + 1))
    await page.reload()
    await until(async () => expect(await page.locator('option').count()).toBe(names.length + 2))
    await page.locator('.row').nth(4).click()
    await page.getByRole('heading', { level: 1, name: names[3] ?? '' }).waitFor()
    expect(await page.evaluate(FORBIDDEN)).toEqual([])
    expect(faults).toEqual([])
  })

  it('as reasons of what was not answered run nothing and load nothing', async () => {
    const { page, faults } = await at.visit()
    const messages = PAYLOADS.map((failed, seq) => {
      return { id: `${seq}`, seq, role: 'user', text: 'x', at: new Date().toISOString(), failed }
    })
    await page.route('**/messages?*', (route) => route.fulfill({ json: { messages, more: false } }))
    await page.reload()
    await page.locator('.failed').first().waitFor()
    const { rows, found } = await readAll(page)
    expect(rows).toBe(PAYLOADS.length)
    expect(found).toEqual([])
    expect(faults).toEqual([])
  })

  it('as what a plugin says, shows and is called run nothing and load nothing', async () => {
    const plugin = await startTestPlugin(({ user_input }) => ({
      text: PAYLOADS[Number(user_input)],
      metadata: {
        format: 'markdown',
        images: PAYLOADS.slice(Number(user_input), Number(user_input) + 45),
        ui: [{ type: 'html', html: PAYLOADS.join('') }],
      },
    }))
    at.configure({
      companions: [{ id: 'evil', plugin_id: 'evil', session_id_value: 'evil', name: 'Evil' }],
      plugins: { evil: { start: false } },
    })
    const some = PAYLOADS.filter((text) => text.length < 200).slice(0, 40)
    const capabilities = some.map((text, at) => ({
      id: `c${at}`,
      name: text,
      description: text,
      parameters: [],
    }))
    const about = { name: some[0], description: some.join(' ').slice(0, 900), capabilities }
    const registered = await until(async () => {
      const answer = await at.core.post('/api/plugins/register', plugin.registration('evil', about))
      expect(answer.status).toBe(200)
      return answer
    })
    expect(registered.body.registered).toBe(true)
    const { page, faults } = await at.visit()
    for (const number of [0, 45, 90, 135, 180, 220]) {
      const message = { user_id: at.me, channel_name: 'webchat', session_id: 'evil', text: `${number}` }
      expect((await at.core.inbound(message)).status).toBe(200)
      await page.goto('about:blank')
      await page.goto(`${at.core.url}/#/chat/evil`)
      await page.locator('.line.latest .picture-link').first().waitFor()
      expect(await page.evaluate(FORBIDDEN)).toEqual([])
    }
    await page.goto(`${at.core.url}/#/plugins`)
    await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor()
    await until(async () => expect(await page.content()).toContain('alert(1)'))
    expect(await page.evaluate(FORBIDDEN)).toEqual([])
    expect(faults).toEqual([])
    await plugin.close()
  })

  it('as names of files run nothing and load nothing, before they are sent and after', async () => {
    const { page, faults, send } = await at.visit()
    for (let from = 0; from < PAYLOADS.length; from += 15) {
      const files = PAYLOADS.slice(from, from + 15).map((name, at) => ({
        name: `${name.slice(0, 200)}${at % 2 ? '.png' : ''}`,
        mimeType: at % 2 ? 'image/png' : 'text/html',
        buffer: Buffer.from(`<script>alert(1)</script>${from + at}`),
      }))
      await page.getByLabel('Files to attach').setInputFiles(files)
      await page.getByRole('list', { name: 'Attached' }).waitFor()
      expect(await page.evaluate(FORBIDDEN)).toEqual([])
      await send(`from ${from}`)
      await page.getByText(`You said: from ${from}`, { exact: true }).last().waitFor()
    }
    expect((await readAll(page)).found).toEqual([])
    await page.reload()
    await page.locator('.log .bubble').last().waitFor()
    expect((await readAll(page)).found).toEqual([])
    expect(faults).toEqual([])
  })

  it('as what is remembered runs nothing and loads nothing', async () => {
    const { page, faults } = await at.visit()
    const memories = PAYLOADS.map((memory, at) => ({
      id: `${at}`,
      memory,
      created_at: new Date(0).toISOString(),
      source: { kind: 'plugin', id: memory, speaker: memory, place: memory },
    }))
    await page.route('**/api/memories?*', (route) => route.fulfill({ json: { memories } }))
    await page.goto(`${at.core.url}/#/memories`)
    await until(async () =>
      expect(await page.locator('main li').count()).toBeGreaterThanOrEqual(PAYLOADS.length),
    )
    expect(await page.evaluate(FORBIDDEN.replace('.app *', 'main li *'))).toEqual([])
    expect(faults).toEqual([])
  })

  it('a picture from elsewhere is named with its host, and only a press asks for it', async () => {
    await at.say('A cat, please', '![Cat](https://pictures.example/cat.png)')
    const { page, faults } = await at.visit()
    const link = page.getByRole('link', { name: 'Cat from pictures.example' })
    await link.waitFor()
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
    expect(await link.getAttribute('target')).toBe('_blank')
    expect(faults).toEqual([])
  })

  it('the policy is really there: inline code does not run, and is reported', async () => {
    const { page, faults } = await at.visit()
    await page.getByRole('textbox').waitFor()
    await page.evaluate(`{
      const script = document.createElement('script')
      try { script.textContent = 'alert(1)' } catch {}
      document.body.append(script)
      new Image().src = '${ELSEWHERE}.png'
    }`)
    await until(() => expect(faults.filter((fault) => fault.startsWith('policy')).length).toBeGreaterThan(0))
    expect(faults.filter((fault) => fault.startsWith('dialog'))).toEqual([])
  })
})
