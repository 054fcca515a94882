import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { CHROMIUM, type Visitor } from './testing/browser.ts'
import { world } from './testing/world.ts'

const at = world({
  log_level: 'warn',
  memory: { enabled: false },
  plugins: { 'quote-node': {}, friends: { enabled: false, memory: ['own'], model: true } },
})

async function violations({ page }: Visitor): Promise<string[]> {
  await page.addScriptTag({ content: axe.source })
  return page.evaluate(`axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html, failureSummary }) => html + failureSummary).join()))`)
}

const openPlugins = async ({ page }: Visitor): Promise<void> => {
  await page.getByRole('link', { name: 'Plugins' }).click()
  await page.getByRole('heading', { level: 1, name: 'Plugins' }).waitFor()
}
const card = ({ page }: Visitor, name: string) => page.getByRole('listitem', { name })

describe.skipIf(!CHROMIUM)('the plugins of this Core', () => {
  it('show how each is, what it can and may do, and switch on and off', async () => {
    const visitor = await at.visit()
    await openPlugins(visitor)
    const [quotes, dice, friends] = ['Quotes', 'Dice', 'Friends'].map((name) => card(visitor, name))
    await quotes!.getByText('running · kept running by Core').waitFor()
    await quotes!.getByText('Get a quote, Get a quote by topic').waitFor()
    await quotes!.getByText('answer, and nothing else').waitFor()
    await friends!.getByText('switched off').waitFor()
    await friends!
      .getByText(/remember and recall \(its own\) · use the language model \(0 times today\)/)
      .waitFor()
    await dice!.getByText('not used yet').waitFor()

    await dice!.getByRole('button', { name: 'Switch on' }).click()
    await dice!.getByText('running · kept running by Core').waitFor()
    await dice!.getByRole('button', { name: 'Log of Dice' }).click()
    await dice!.getByText(/Dice listens on/).waitFor()
    await dice!.getByRole('button', { name: 'Deeds of Dice' }).click()
    await dice!.getByText('POST /api/plugins/register').waitFor()
    await dice!.getByRole('button', { name: 'Log of Dice' }).click()
    await dice!.getByRole('button', { name: 'Restart' }).click()
    await dice!
      .getByText(/Dice listens on/)
      .nth(1)
      .waitFor()
    await dice!.getByRole('button', { name: 'Switch off' }).click()
    await dice!.getByText('switched off').waitFor()
    expect(readFileSync(join(at.core.home, 'config/core.yml'), 'utf8')).toMatch(/dice.*enabled.*false/s)
    expect(visitor.faults).toEqual([])
  })

  it.each([
    ['light', 1440],
    ['dark', 360],
  ] as const)('axe finds nothing: %s, %i px', async (colorScheme, width) => {
    const viewport = { width, height: 800 }
    const visitor = await at.visit({ colorScheme, viewport, bypassCSP: true, reducedMotion: 'reduce' })
    await openPlugins(visitor)
    await card(visitor, 'Quotes').getByRole('button', { name: 'Log of Quotes' }).click()
    await card(visitor, 'Quotes').getByText('registered at Core').waitFor()
    expect(await violations(visitor)).toEqual([])
    expect(await visitor.page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false)
  })

  it('says what went wrong', async () => {
    const visitor = await at.visit()
    await openPlugins(visitor)
    await card(visitor, 'Quotes').waitFor()
    await visitor.page.route('**/api/plugins/*/restart', (route) =>
      route.fulfill({
        status: 409,
        contentType: 'application/problem+json',
        body: '{"code":"conflict","detail":"It is busy"}',
      }),
    )
    await card(visitor, 'Quotes').getByRole('button', { name: 'Restart' }).click()
    const alert = visitor.page.getByRole('alert').getByText('It is busy')
    await alert.waitFor()
    expect(await alert.count()).toBe(1)
  })
})
