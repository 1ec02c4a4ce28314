const PROGRAMS =
  /\.(?:apk|app|appimage|bat|chm|cmd|com|cpl|deb|desktop|dll|dmg|docm|exe|gadget|hta|iso|jar|js|jse|lnk|msi|msp|mst|pif|pkg|ps1|psm1|py|rb|reg|rpm|run|scr|sh|sldm|sys|url|vb|vbe|vbs|vhd|ws|wsf|xlsm|xpi)$/i;

/** Whether a name looks like a program: for a mark in the window. The main process decides for itself what it opens. */
export function looksLikeProgram(name: string): boolean {
  return PROGRAMS.test(name);
}
