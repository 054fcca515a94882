import type { ComponentChildren, VNode } from 'preact'

/** A part of the settings. */
export function Section({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="section">
      <h2>{title}</h2>
      {children}
    </section>
  )
}
