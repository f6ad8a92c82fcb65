// Sets the theme before the first paint. The same keys are read and written by src/widgets/theme.ts.
(function () {
  var root = document.documentElement
  var theme = 'system'
  var contrast = 'normal'
  try {
    theme = localStorage.getItem('sightline.theme') || 'system'
    contrast = localStorage.getItem('sightline.contrast') || 'normal'
  } catch {
    // Storage may be forbidden; the system's choice is then a good one.
  }
  if (theme === 'system') theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
  if (contrast === 'normal' && matchMedia('(prefers-contrast: more)').matches) contrast = 'more'
  root.dataset.theme = theme
  root.dataset.contrast = contrast
})()
