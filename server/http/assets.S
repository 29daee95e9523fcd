/* assets - the files of assets.h, as they are in the tree. */
    .section .rodata
    .global asset_openapi, asset_openapi_end, asset_page, asset_page_end
asset_openapi:
    .incbin "openapi.yaml"
asset_openapi_end:
asset_page:
    .incbin "server/http/page.html"
asset_page_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
