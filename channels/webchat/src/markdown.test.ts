import { type ComponentChildren, type VNode, isValidElement } from 'preact'
import { describe, expect, it } from 'vitest'
import { withCharacters } from './entities.ts'
import { blocksOf, createGrowingBlocks } from './growing.ts'
import { block } from './markdown.tsx'

/** The virtual nodes as an outline: `p(text strong(bold))`. Components show by their name and properties. */
function outline(node: ComponentChildren): string {
  if (Array.isArray(node)) return node.map(outline).filter(Boolean).join(' ')
  if (node === null || node === undefined || typeof node === 'boolean') return ''
  if (!isValidElement(node)) return String(node)
  const { type, props } = node as VNode<Record<string, unknown>>
  const name = typeof type === 'string' ? type : type.name
  const { children, ...rest } = props
  const given = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${String(value)}`)
  return `${[name, ...given].join(' ')}(${outline(children as ComponentChildren)})`
}

const drawn = (text: string): string => outline(blocksOf(text).map((token) => block(token, 0)))

describe('markdown', () => {
  it.each([
    ['plain', 'p(plain)'],
    ['a\nb', 'p(a br() b)'],
    ['**b** *i* ~~d~~ `c &lt;`', 'p(strong(b)   em(i)   del(d)   code(c &lt;))'],
    ['# one', 'h3 class=level-1(one)'],
    ['- a\n- b', 'ul(li(a) li(b))'],
    ['3. a', 'ol start=3(li(a))'],
    ['> q', 'blockquote(p(q))'],
    ['&amp;&#33;&#x41;&nope;', 'p(&!A&nope;)'],
    ['```ts\nlet a = "<b>"\n```', 'CodeBlock code=let a = "<b>" language=ts()'],
  ])('draws %j', (text, expected) => expect(drawn(text)).toBe(expected))

  it('draws tables with their alignment', () => {
    expect(drawn('|a|b|\n|-|:-:|\n|1|2|')).toContain('th class=center(b)')
  })

  it('shows HTML as the text that it is', () => {
    expect(drawn('<script>alert(1)</script>')).toBe('p class=plain(<script>alert(1)</script>)')
    expect(drawn('a <img src=x onerror=y> b')).toBe('p(a  <img src=x onerror=y>  b)')
  })

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:x',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    '/x',
    '//h/x',
  ])('makes no link to %s', (address) => expect(drawn(`[t](${address})`)).toBe('p(t)'))

  it('makes no link from a scheme that is hidden in character references', () => {
    expect(drawn('[t](java&#115;cript&#58;alert(1))')).toBe('p(t)')
  })

  it('links http, https and mailto', () => {
    expect(drawn('[t](https://a.example/b)')).toBe('p(OpenLink url=https://a.example/b(t))')
    expect(drawn('mail a@b.example')).toContain('OpenLink url=mailto:a@b.example')
  })

  it('names a picture and never draws it', () => {
    expect(drawn('![cat](https://a.example/c.png)')).toBe(
      'p(RemotePicture address=https://a.example/c.png name=cat())',
    )
  })

  it('shows what is nested without end as text', () => {
    expect(drawn('>'.repeat(5_000) + 'x')).toMatch(/^p class=plain\(/)
    expect(drawn(`${'> '.repeat(200)}x`).length).toBeLessThan(2_000)
  })

  it('shows a very long text as it is', () => {
    expect(blocksOf('_a'.repeat(40_000))).toHaveLength(1)
  })
})

describe('a growing text', () => {
  const text = `# Title\n\nFirst *par*\nagraph\n\n- a\n- b\n\n  more\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\`\`\`ts\nlet x = 1\n\n\`\`\`\n\n> q\n\n1. x\n2. y\n\nSetext\n---\n\nend <b>x</b>\n`

  it.each([1, 3, 7, 40])('ends as the whole text, %i letters at a time', (step) => {
    const read = createGrowingBlocks()
    let blocks = read('')
    for (let end = step; end < text.length + step; end += step) blocks = read(text.slice(0, end))
    expect(blocks).toEqual([...blocksOf(text)])
  })

  it('keeps settled blocks as the same objects', () => {
    const read = createGrowingBlocks()
    const before = read('one\n\ntwo\n\nthree\n\nfour')
    const after = read('one\n\ntwo\n\nthree\n\nfour and more')
    expect(after[0]).toBe(before[0])
    expect(after.at(-1)).not.toBe(before.at(-1))
  })

  it('starts over with another text', () => {
    const read = createGrowingBlocks()
    read('one\n\ntwo\n\nthree\n\nfour')
    expect(read('else')).toEqual([...blocksOf('else')])
  })
})

describe('character references', () => {
  it('leaves what is none', () => {
    expect(withCharacters('a & b &; &#0; &#x110000; &constructor;')).toBe(
      'a & b &; &#0; &#x110000; &constructor;',
    )
  })
})
