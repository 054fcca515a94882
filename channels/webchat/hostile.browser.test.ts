import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { CHROMIUM } from './testing/browser.ts'
import { heldAnswer, world } from './testing/world.ts'

const RUN = 'alert(1)'
const ELSEWHERE = 'http://127.0.0.1:9/beacon'

/** What a hostile friend, plugin, user or model may write. */
const PAYLOADS = [
  `<script>${RUN}</script>`,
  `<script src="${ELSEWHERE}.js"></script>`,
  `<img src=x onerror=${RUN}>`,
  `<img src="${ELSEWHERE}.png">`,
  `<image href="${ELSEWHERE}.png">`,
  `<svg onload=${RUN}>`,
  `<svg><script>${RUN}</script></svg>`,
  `<svg><a xlink:href="javascript:${RUN}"><text x="0" y="15">x</text></a></svg>`,
  `<math href="javascript:${RUN}">x</math>`,
  `<iframe src="javascript:${RUN}"></iframe>`,
  `<iframe srcdoc="<script>${RUN}</script>"></iframe>`,
  `<object data="${ELSEWHERE}"></object>`,
  `<embed src="${ELSEWHERE}">`,
  `<link rel="stylesheet" href="${ELSEWHERE}.css">`,
  `<style>@import url(${ELSEWHERE}.css); body { background: url(${ELSEWHERE}.png) }</style>`,
  `<div style="background:url(${ELSEWHERE}.png)">x</div>`,
  `<base href="${ELSEWHERE}/">`,
  `<meta http-equiv="refresh" content="0;url=${ELSEWHERE}">`,
  `<form action="${ELSEWHERE}"><input name=x autofocus onfocus=${RUN}></form>`,
  `<video src="${ELSEWHERE}.mp4" autoplay onerror=${RUN}></video>`,
  `<audio src="${ELSEWHERE}.mp3" autoplay></audio>`,
  `<body onload=${RUN}>`,
  `<details open ontoggle=${RUN}>x</details>`,
  `<marquee onstart=${RUN}>x</marquee>`,
  `<a href="javascript:${RUN}">x</a>`,
  `<template><script>${RUN}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`,
  `<!--><img src=x onerror=${RUN}>-->`,
  `<![CDATA[<script>${RUN}</script>]]>`,
  `"><script>${RUN}</script>`,
  `'-${RUN}-'`,
  `</textarea><script>${RUN}</script>`,
  `</title><script>${RUN}</script>`,
  `[x](javascript:${RUN})`,
  `[x](JaVaScRiPt:${RUN})`,
  `[x](java&#115;cript:${RUN})`,
  `[x](\u0001javascript:${RUN})`,
  `[x](<javascript:${RUN}>)`,
  `[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)`,
  `[x](vbscript:msgbox(1))`,
  `[x](blob:${ELSEWHERE})`,
  `[x][y]\n\n[y]: javascript:${RUN}`,
  `<javascript:${RUN}>`,
  `![x](${ELSEWHERE}.png)`,
  `![x](javascript:${RUN})`,
  `![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIi8+)`,
  `![x](${ELSEWHERE}.png "onerror=${RUN}")`,
  `[![x](${ELSEWHERE}.png)](javascript:${RUN})`,
  `![x][y]\n\n[y]: ${ELSEWHERE}.png`,
  `\`\`\`html onload=${RUN}\n<script>${RUN}</script>\n\`\`\``,
  `\`\`\`"><img src=x onerror=${RUN}>\nx\n\`\`\``,
  `| <img src=x onerror=${RUN}> | ![x](${ELSEWHERE}.png) |\n|---|---|\n| <script>${RUN}</script> | [x](javascript:${RUN}) |`,
  `- <script>${RUN}</script>\n- [ ] <img src=x onerror=${RUN}>`,
  `> <iframe src="javascript:${RUN}">`,
  `# <svg onload=${RUN}>`,
  `&lt;script&gt;${RUN}&lt;/script&gt;`,
  `&#60;img src=x onerror=${RUN}&#62;`,
  `{"type":"script","props":{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=${RUN}>"}}}`,
  `\${${RUN}} {{${RUN}}} <%= ${RUN} %>`,
  `\u202e<script>${RUN}</script>`,
  `${'>'.repeat(3_000)}<script>${RUN}</script>`,
]

/** Elements and attributes that no message may ever make. */
const FORBIDDEN = `[...document.querySelectorAll('.app *')].filter((element) =>
  /^(script|iframe|object|embed|link|style|base|meta|video|audio|math|template|marquee|details)$/i.test(element.tagName) ||
  [...element.attributes].some(({ name, value }) => /^on|^srcdoc$|^style$/.test(name) || /^(javascript|data|vbscript):/i.test(value)) ||
  (element.tagName === 'A' && !/^(https?:|mailto:)/.test(element.href)) ||
  (element.tagName === 'IMG' && !element.src.startsWith(location.origin) && !element.src.startsWith('blob:')) ||
  (element.tagName === 'FORM' && element.className !== 'composer')
).map((element) => element.outerHTML)`

describe.skipIf(!CHROMIUM)('hostile words', () => {
  const at = world()

  it('there are enough of them', () => expect(PAYLOADS.length).toBeGreaterThanOrEqual(40))

  it('in stored messages run nothing and load nothing', async () => {
    for (const text of PAYLOADS) await at.say(text, text)
    await at.say('Is that all?', 'The end')
    const { page, faults } = await at.visit()
    await page.locator('.bubble', { hasText: 'The end' }).waitFor()
    await vi.waitFor(async () => {
      await page.evaluate('document.querySelector(".log").scrollTo(0, 0)')
      expect(await page.locator('article').count()).toBe(PAYLOADS.length * 2 + 2)
    })
    expect(await page.evaluate(FORBIDDEN)).toEqual([])
    expect(faults).toEqual([])
  })

  it('as they arrive, letter by letter, run nothing and load nothing', async () => {
    const held = heldAnswer(at.model)
    const { page, faults, send } = await at.visit()
    await send(PAYLOADS.join('\n'))
    await held.asked
    for (const text of PAYLOADS) for (const part of `\n\n${text}`.match(/[\s\S]{1,7}/g) ?? []) held.say(part)
    held.end()
    await vi.waitFor(async () => expect(await page.locator('.theirs .foot').count()).toBe(1), 10_000)
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
    await vi.waitFor(async () => expect(await page.locator('.row').count()).toBe(names.length + 1), 10_000)
    await page.reload()
    await vi.waitFor(async () => expect(await page.locator('option').count()).toBe(names.length + 2))
    await page.locator('.row').nth(4).click()
    await page.getByRole('heading', { level: 1, name: names[3] ?? '' }).waitFor()
    expect(await page.evaluate(FORBIDDEN.replace('(https?:|mailto:)', '(https?:|mailto:|#)'))).toEqual([])
    expect(faults).toEqual([])
  })

  it('as reasons of what was not answered run nothing and load nothing', async () => {
    const { page, faults } = await at.visit()
    const messages = PAYLOADS.map((failed, seq) => {
      return { id: `${seq}`, seq, role: 'user', text: 'x', at: new Date().toISOString(), failed }
    })
    await page.route('**/messages?*', (route) => route.fulfill({ json: { messages, more: false } }))
    await page.reload()
    await vi.waitFor(async () => expect(await page.locator('.failed').count()).toBe(PAYLOADS.length))
    expect(await page.evaluate(FORBIDDEN.replace('(https?:|mailto:)', '(https?:|mailto:|#)'))).toEqual([])
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
    await vi.waitFor(() =>
      expect(faults.filter((fault) => fault.startsWith('policy')).length).toBeGreaterThan(0),
    )
    expect(faults.filter((fault) => fault.startsWith('dialog'))).toEqual([])
  })
})
