/** Header fields of MMS by their number, the first is 0x01 (OMA-TS-MMS_ENC-V1_3 §7.4, table 25). */
export const MMS_HEADERS: readonly string[] = (
  'Bcc Cc X-Mms-Content-Location Content-Type Date X-Mms-Delivery-Report X-Mms-Delivery-Time X-Mms-Expiry From ' +
  'X-Mms-Message-Class Message-ID X-Mms-Message-Type X-Mms-MMS-Version X-Mms-Message-Size X-Mms-Priority ' +
  'X-Mms-Read-Report X-Mms-Report-Allowed X-Mms-Response-Status X-Mms-Response-Text X-Mms-Sender-Visibility ' +
  'X-Mms-Status Subject To X-Mms-Transaction-Id X-Mms-Retrieve-Status X-Mms-Retrieve-Text X-Mms-Read-Status ' +
  'X-Mms-Reply-Charging X-Mms-Reply-Charging-Deadline X-Mms-Reply-Charging-ID X-Mms-Reply-Charging-Size ' +
  'X-Mms-Previously-Sent-By X-Mms-Previously-Sent-Date X-Mms-Store X-Mms-MM-State X-Mms-MM-Flags ' +
  'X-Mms-Store-Status X-Mms-Store-Status-Text X-Mms-Stored X-Mms-Attributes X-Mms-Totals X-Mms-Mbox-Totals ' +
  'X-Mms-Quotas X-Mms-Mbox-Quotas X-Mms-Message-Count Content X-Mms-Start Additional-headers ' +
  'X-Mms-Distribution-Indicator X-Mms-Element-Descriptor X-Mms-Limit X-Mms-Recommended-Retrieval-Mode ' +
  'X-Mms-Recommended-Retrieval-Mode-Text X-Mms-Status-Text X-Mms-Applic-ID X-Mms-Reply-Applic-ID ' +
  'X-Mms-Aux-Applic-Info X-Mms-Content-Class X-Mms-DRM-Content X-Mms-Adaptation-Allowed X-Mms-Replace-ID ' +
  'X-Mms-Cancel-ID X-Mms-Cancel-Status'
).split(' ');

/** Types of message, the first is 128 (OMA-TS-MMS_ENC-V1_3 §7.3.30). */
export const MMS_MESSAGE_TYPES: readonly string[] = (
  'm-send-req m-send-conf m-notification-ind m-notifyresp-ind m-retrieve-conf m-acknowledge-ind m-delivery-ind ' +
  'm-read-rec-ind m-read-orig-ind m-forward-req m-forward-conf m-mbox-store-req m-mbox-store-conf m-mbox-view-req ' +
  'm-mbox-view-conf m-mbox-upload-req m-mbox-upload-conf m-mbox-delete-req m-mbox-delete-conf m-mbox-descr ' +
  'm-delete-req m-delete-conf m-cancel-req m-cancel-conf'
).split(' ');

const YES_NO = ['Yes', 'No'];

/** What the one-byte values of a header mean, the first is 128 (OMA-TS-MMS_ENC-V1_3 §7.3). */
export const MMS_TOKENS: Readonly<Record<string, readonly string[]>> = {
  'X-Mms-Message-Type': MMS_MESSAGE_TYPES,
  'X-Mms-Message-Class': ['Personal', 'Advertisement', 'Informational', 'Auto'],
  'X-Mms-Priority': ['Low', 'Normal', 'High'],
  'X-Mms-Delivery-Report': YES_NO,
  'X-Mms-Read-Report': YES_NO,
  'X-Mms-Report-Allowed': YES_NO,
  'X-Mms-Stored': YES_NO,
  'X-Mms-Store': YES_NO,
  'X-Mms-DRM-Content': YES_NO,
  'X-Mms-Adaptation-Allowed': YES_NO,
  'X-Mms-Distribution-Indicator': YES_NO,
  'X-Mms-Sender-Visibility': ['Hide', 'Show'],
  'X-Mms-Read-Status': ['Read', 'Deleted without being read'],
  'X-Mms-Recommended-Retrieval-Mode': ['Manual'],
  'X-Mms-Reply-Charging': ['Requested', 'Requested text only', 'Accepted', 'Accepted text only'],
  'X-Mms-Status': [
    'Expired',
    'Retrieved',
    'Rejected',
    'Deferred',
    'Unrecognised',
    'Indeterminate',
    'Forwarded',
    'Unreachable',
  ],
  'X-Mms-Content-Class': [
    'text',
    'image-basic',
    'image-rich',
    'video-basic',
    'video-rich',
    'megapixel',
    'content-basic',
    'content-rich',
  ],
};
