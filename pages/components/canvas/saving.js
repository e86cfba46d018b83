// Handing files to the visitor, without asking the server.

/** Offer a blob as a download. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Return a title as a file name. */
export const fileName = (title, ending) => `${(title || "figure").normalize("NFKD").replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 80) || "figure"}.${ending}`;

/** Return an SVG text as a PNG blob, `factor` times as large. */
export async function raster(svg, width, height, factor = 2, background = null) {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Error("the SVG could not be drawn"));
      image.src = url;
    });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [Math.round(width * factor), Math.round(height * factor)];
    const pen = canvas.getContext("2d");
    if (background) {
      pen.fillStyle = background;
      pen.fillRect(0, 0, canvas.width, canvas.height);
    }
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The page's own letters, inside the SVG: a picture drawn from an SVG cannot fetch fonts. */
export async function withFont(svg) {
  const face = [...document.styleSheets].flatMap(rules).find((rule) => /Source Sans/.test(rule.cssText) && !/italic/.test(rule.cssText));
  const address = face?.cssText.match(/url\("?([^")]+)"?\)/)?.[1];
  if (!address) return svg;
  try {
    const bytes = new Uint8Array(await (await fetch(new URL(address, face.parentStyleSheet?.href || location.href))).arrayBuffer());
    let binary = "";
    for (let i = 0; i < bytes.length; i += 0x8000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    const rule = `@font-face{font-family:"Source Sans";font-weight:200 900;src:url(data:font/woff2;base64,${btoa(binary)})}`;
    return svg.replace(/(<svg[^>]*>)/, `$1<style>${rule}</style>`);
  } catch {
    return svg; // the system's letters will do
  }
}

function rules(sheet) {
  try {
    return [...sheet.cssRules].filter((rule) => rule instanceof CSSFontFaceRule);
  } catch {
    return []; // a sheet from elsewhere
  }
}
