-- What each scope adds up to in each quarter shown, as known at the instant.
select
    sommes.trimestre,
    sommes.niveau,
    sommes.code,
    noms.libelle,
    sommes.nb_attendus,
    sommes.nb_repondants,
    sommes.nb_hors_delai,
    sommes.nb_rejetes,
    sommes.axes,
    sommes.gouvernance,
    sommes.beneficiaires,
    sommes.partenaires,
    sommes.nombres_associes
from {{ ref('int_sommes') }} as sommes
inner join {{ ref('int_noms_perimetres') }} as noms on sommes.niveau = noms.niveau and sommes.code = noms.code
where
    sommes.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and sommes.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
    and noms.connu_du <= (select instants.instant from {{ ref('instant') }} as instants)
    and noms.connu_au > (select instants.instant from {{ ref('instant') }} as instants)
    and sommes.nb_attendus > 0
    and sommes.trimestre <= (select derniers.trimestre from {{ ref('dernier_trimestre') }} as derniers)
