import { useSignal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { blobOf } from './attachments.ts'
import { RemotePicture } from './markdown.tsx'

/** A picture that came as a data: URL. Any other address is only named. */
export function DataPicture({ url, name }: { url: string; name: string }): VNode {
  const shown = useSignal('')
  useEffect(() => {
    const blob = blobOf(url)
    if (!blob?.type.startsWith('image/')) return
    const address = URL.createObjectURL(blob)
    shown.value = address
    return () => URL.revokeObjectURL(address)
  }, [url])
  if (!url.startsWith('data:')) return <RemotePicture address={url} name={name} />
  return <img class="picture" src={shown.value || undefined} alt={name} />
}
