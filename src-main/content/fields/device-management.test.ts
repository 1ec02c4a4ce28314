import { describe, expect, it } from 'vitest';
import { deviceManagementFields } from './device-management.ts';
import { bytesOf, DM_NOTIFICATION, typeOf } from './test-samples.ts';

const type = typeOf('application/vnd.syncml.notification');

describe('deviceManagementFields', () => {
  it('reads Package #0 (OMA-TS-DM_Notification-V1_2 §6.2)', () => {
    expect(deviceManagementFields(DM_NOTIFICATION, type)).toEqual({
      title: 'Device management notification',
      fields: [
        { name: 'version', value: '1.2', kind: 'text' },
        { name: 'user interaction', value: 'user interaction', kind: 'text' },
        { name: 'initiator', value: 'server', kind: 'text' },
        { name: 'session id', value: '0x1234', kind: 'text' },
        { name: 'server id', value: 'com.example.dms', kind: 'text' },
        { name: 'digest', value: '11'.repeat(16), kind: 'hex' },
      ],
      warnings: ['The digest is not checked.'],
    });
  });

  it('shows what follows and says what is missing', () => {
    const longer = deviceManagementFields(Buffer.concat([DM_NOTIFICATION, bytesOf('<0102>')]), type);
    expect(longer?.fields.at(-1)).toEqual({ name: 'vendor specific', value: '0102', kind: 'hex' });
    const shorter = deviceManagementFields(DM_NOTIFICATION.subarray(0, -1), type);
    expect(shorter?.warnings.at(-1)).toMatch(/ends within/);
  });

  it.each([
    ['too few bytes', DM_NOTIFICATION.subarray(0, 23), type],
    ['another type', DM_NOTIFICATION, typeOf('text/plain')],
  ])('is null for %s', (_name, bytes, contentType) => {
    expect(deviceManagementFields(bytes, contentType)).toBeNull();
  });
});
