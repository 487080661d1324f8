-- Every scope of a summary at the instant, and the territories it is made of.
select
    niveau,
    code,
    libelle,
    territoire_id
from {{ ref('int_perimetres_connus') }}
where
    connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and connu_au > (select instants.instant from {{ ref('instant') }} as instants)
