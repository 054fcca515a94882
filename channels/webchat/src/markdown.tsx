import type { Token, Tokens } from 'marked'
import type { ComponentChildren, VNode } from 'preact'
import { useMemo } from 'preact/hooks'
import { CodeBlock } from './code-block.tsx'
import { useWords } from './context.ts'
import { withCharacters } from './entities.ts'
import { blocksOf, createGrowingBlocks } from './growing.ts'
import { PictureIcon } from './icons.tsx'
import { openable } from './links.ts'

/** Deeper nesting is shown as text: no screen and no renderer gains from it. */
const DEEPEST = 16

/** @param isGrowing more of the text is on its way; what is drawn stays the same elements when it is complete */
export function Markdown({ text, isGrowing = false }: { text: string; isGrowing?: boolean }): VNode {
  const readGrowing = useMemo(createGrowingBlocks, [])
  const blocks = useMemo(() => (isGrowing ? readGrowing(text) : blocksOf(text)), [text, isGrowing])
  return (
    <div class="markdown">
      {blocks.map((token, at) => (
        <Block key={at} token={token} />
      ))}
    </div>
  )
}

/** Draws again only when the token is another one. */
function Block({ token }: { token: Token }): VNode {
  return useMemo(() => <>{block(token, 0)}</>, [token])
}

/**
 * One block token as virtual nodes. There is no way from a text to markup: HTML of a message is shown as the text it is,
 * pictures are never loaded, links are http, https or mailto.
 */
export function block(token: Token, depth: number): ComponentChildren {
  if (depth > DEEPEST) return <p>{token.raw}</p>
  switch (token.type) {
    case 'space':
    case 'def':
      return null
    case 'heading':
      return heading(token as Tokens.Heading, depth)
    case 'paragraph':
      return <p>{inline(token.tokens, depth)}</p>
    case 'text':
      return token.tokens ? inline(token.tokens, depth) : withCharacters(token.text)
    case 'code':
      return <CodeBlock code={token.text} language={token.lang ?? ''} />
    case 'blockquote':
      return <blockquote>{blocks(token.tokens, depth)}</blockquote>
    case 'list':
      return list(token as Tokens.List, depth)
    case 'table':
      return table(token as Tokens.Table, depth)
    case 'hr':
      return <hr />
    case 'checkbox':
      return null
    default:
      return <p class="plain">{token.raw.trimEnd()}</p>
  }
}

const blocks = (tokens: readonly Token[] | undefined, depth: number): ComponentChildren =>
  tokens?.map((token) => block(token, depth + 1))

/** The page's own headings are h1 and h2, so all of a message come right below them. */
const heading = ({ depth: level, tokens }: Tokens.Heading, depth: number): VNode => (
  <h3 class={`level-${level}`}>{inline(tokens, depth)}</h3>
)

function list({ ordered, start, items }: Tokens.List, depth: number): VNode {
  const rows = items.map((item) => (
    <li class={item.task ? 'task' : undefined}>
      {item.task && <TaskBox checked={item.checked ?? false} />}
      {blocks(item.tokens, depth)}
    </li>
  ))
  return ordered ? <ol start={Number(start) || 1}>{rows}</ol> : <ul>{rows}</ul>
}

function TaskBox({ checked }: { checked: boolean }): VNode {
  return <input type="checkbox" checked={checked} disabled aria-label={useWords().done} />
}

function WideTable({ children }: { children: ComponentChildren }): VNode {
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={useWords().table}>
      <table>{children}</table>
    </div>
  )
}

function table({ header, rows }: Tokens.Table, depth: number): VNode {
  return (
    <WideTable>
      <thead>
        <tr>
          {header.map((cell) => (
            <th class={cell.align ?? undefined}>{inline(cell.tokens, depth)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {row.map((cell) => (
              <td class={cell.align ?? undefined}>{inline(cell.tokens, depth)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </WideTable>
  )
}

/** The tokens inside of a line. */
function inline(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
  return tokens?.map((token) => span(token, depth + 1))
}

function span(token: Token, depth: number): ComponentChildren {
  if (depth > DEEPEST) return token.raw
  switch (token.type) {
    case 'text':
      return token.tokens ? inline(token.tokens, depth) : withCharacters(token.text)
    case 'escape':
      return token.text
    case 'strong':
      return <strong>{inline(token.tokens, depth)}</strong>
    case 'em':
      return <em>{inline(token.tokens, depth)}</em>
    case 'del':
      return <del>{inline(token.tokens, depth)}</del>
    case 'codespan':
      return <code>{token.text}</code>
    case 'br':
      return <br />
    case 'link':
      return link(token as Tokens.Link, depth)
    case 'image':
      return <RemotePicture address={token.href} name={withCharacters(token.text)} />
    default:
      return /^<br ?\/?>$/i.test(token.raw) ? <br /> : token.raw
  }
}

function link({ href, tokens }: Tokens.Link, depth: number): ComponentChildren {
  const url = openable(withCharacters(href))
  if (!url) return inline(tokens, depth)
  return <OpenLink url={url}>{inline(tokens, depth)}</OpenLink>
}

function OpenLink({ url, children }: { url: URL; children: ComponentChildren }): VNode {
  return (
    <a href={url.href} target="_blank" rel="noopener noreferrer" title={url.href}>
      {children}
    </a>
  )
}

/** A picture that somebody else's machine would have to give: nothing is asked of it until the person opens the link. */
export function RemotePicture({ address, name }: { address: string; name: string }): VNode {
  const url = openable(address)
  const words = useWords()
  const label = name || words.picture
  const host = url?.host ? words.fromHost(url.host) : words.notShown
  const content = (
    <>
      <PictureIcon /> {label} <small>{host}</small>
    </>
  )
  return <span class="picture-link">{url ? <OpenLink url={url}>{content}</OpenLink> : content}</span>
}
