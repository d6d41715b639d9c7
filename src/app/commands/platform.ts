/** Whether shortcuts are spelled with Command instead of Control. */
export const onMac: boolean = /Mac|iPhone|iPad/.test(navigator.userAgent);
