/* Firecracker's 64-bit Linux boot enters here: long mode, the first GiB mapped, rsi = zero page, interrupts off. */
    .code64
    .section .text.start,"ax"
    .globl _start
_start:
    cli
    lea stack_top(%rip), %rsp
    mov %rsi, %rdi
    xor %ebp, %ebp
    call guest_main
1:  cli
    hlt
    jmp 1b
    .globl interrupt_entry
interrupt_entry:                /* only ever taken in hlt: end of interrupt, back */
    push %rax
    mov $0xfee000b0, %eax
    movl $0, (%rax)
    pop %rax
    iretq
    .bss
    .align 16
    .skip 16384
stack_top:
