-- An e-mail address, a French phone number, a social-security number (NIR).
select
    {{ est_personnel('texte') }}
