# SPDX-License-Identifier: Apache-2.0
#
# Firmware of the accelerator probe. It performs, in short, the steps of a booting Linux kernel. On entry of each stage it
# writes one letter to the debug console (port 0xe9), and at the end the value 0x10 to the exit port (0xf4).
#
#   R  real mode                                    S  SSE2 in kernel mode
#   P  protected mode                               C  a loop of 100 million instructions
#   T  page tables written                          F  a page fault, handled
#   M  model specific register EFER written         I  a timer interrupt of the local APIC
#   L  long mode with paging
#
# S and C distinguish a processor from a hypervisor that interprets each instruction: the latter starts the decompression
# of a kernel but never completes it.
#
# BootFirmware.java contains the assembled bytes; a test assembles this file and compares. Manually:
#   as --64 boot-proof.S -o x.o && ld -Ttext=0xf0000 -e 0 --oformat binary x.o -o x.bin

    .set    ROM, 0xf0000              # address of the code below 1 MiB
    .set    PML4, 0x1000
    .set    PDPT, 0x2000
    .set    LOW, 0x3000               # page directory of the first GiB
    .set    HIGH, 0x4000              # page directory of the fourth GiB, which holds the local APIC
    .set    IDT, 0x5000
    .set    TABLES_END, 0x6000
    .set    APIC, 0xfee00000
    .set    UNMAPPED, 0x40000000      # in the second GiB

    .macro  stage letter
    movb    $\letter, %al
    outb    %al, $0xe9
    .endm

    .macro  gate vector, handler
    leaq    \handler(%rip), %rax
    movl    $(IDT + 16 * \vector), %edi
    movw    %ax, (%rdi)
    movw    $24, 2(%rdi)
    movw    $0x8e00, 4(%rdi)
    shrq    $16, %rax
    movw    %ax, 6(%rdi)
    .endm

    .text
    .code16
start:
    cli
    stage   'R'
    lgdtl   %cs:(gdt_pointer - start)
    movl    %cr0, %eax
    orb     $1, %al
    movl    %eax, %cr0
    ljmpl   $8, $protected

    .code32
protected:
    movw    $16, %ax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movl    $0x8000, %esp
    stage   'P'
    movl    $PML4, %edi
    xorl    %eax, %eax
    movl    $((TABLES_END - PML4) / 4), %ecx
    cld
    rep     stosl
    movl    $(PDPT + 3), PML4
    movl    $(LOW + 3), PDPT
    movl    $(HIGH + 3), PDPT + 3 * 8
    movl    $0x83, LOW                                     # 2 MiB page, writable
    movl    $(APIC + 0x93), HIGH + (APIC - 0xc0000000) / 0x200000 * 8
    stage   'T'
    movl    %cr4, %eax
    orl     $0x620, %eax                                   # PAE, OSFXSR, OSXMMEXCPT
    movl    %eax, %cr4
    movl    $PML4, %eax
    movl    %eax, %cr3
    movl    $0xc0000080, %ecx
    rdmsr
    orl     $0x100, %eax                                   # LME
    wrmsr
    stage   'M'
    movl    %cr0, %eax
    andl    $~4, %eax                                      # EM off
    orl     $0x80000002, %eax                              # PG, MP
    movl    %eax, %cr0
    ljmpl   $24, $long_mode

    .code64
long_mode:
    stage   'L'
    movl    $7, %eax
    movd    %eax, %xmm0
    paddd   %xmm0, %xmm0
    movd    %xmm0, %eax
    cmpl    $14, %eax
    jne     fail
    stage   'S'
    movl    $50000000, %ecx
loop_body:
    decl    %ecx
    jnz     loop_body
    stage   'C'
    gate    14, page_fault
    gate    0x40, timer
    lidt    idt_pointer(%rip)
    movl    $UNMAPPED, %eax
    movl    (%rax), %ecx
    stage   'F'
    movl    $APIC, %esi
    movl    $0x1ff, 0xf0(%rsi)                             # on, spurious vector 0xff
    movl    $0x0b, 0x3e0(%rsi)                             # divide by 1
    movl    $0x40, 0x320(%rsi)                             # one shot, vector 0x40
    movl    $100000, 0x380(%rsi)
    sti
wait:
    hlt
    jmp     wait

page_fault:
    movl    $(LOW + 3), PDPT + 8                           # maps the second GiB like the first
    addq    $8, %rsp                                       # the error code
    iretq

timer:
    stage   'I'
    movb    $0x10, %al
    outb    %al, $0xf4
fail:
    cli
    hlt
    jmp     fail

    # The accessed bits of the descriptors are set: the processor cannot set them in ROM.
    .align  8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff                             # 32-bit code
    .quad   0x00cf93000000ffff                             # data
    .quad   0x00af9b000000ffff                             # 64-bit code
gdt_pointer:
    .word   gdt_pointer - gdt - 1
    .long   gdt
idt_pointer:
    .word   0x41 * 16 - 1
    .quad   IDT
